package slo

// Catalogue is everything that a folder of OpenSLO files declares.
type Catalogue struct {
	// Definitions are sorted by ID; those kept from an earlier version carry Stale.
	Definitions []Definition
	// AlertPolicies are sorted by name, with conditions and targets resolved.
	AlertPolicies []AlertPolicy
	// Problems are sorted by file and line.
	Problems []Problem
}
