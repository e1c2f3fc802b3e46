// Package reconcile brings the alert rules in Grafana to what the SLOs want, and never at the price of somebody's work:
// it compares three versions of each rule (what is wanted now, what Burnline wrote last, what Grafana holds), changes a
// rule only if nobody else did, and leaves everything without our label alone.
//
// What Burnline wrote last is kept on the rule itself, as the hash of its content in an annotation. So the state lives
// in one place, any replica can compare, and a lost plugin database loses nothing.
package reconcile

import "time"

// The annotations by which a rule tells its own history.
const (
	// AnnotationRevision is the hash of what Burnline wrote last; a rule with another content was edited by somebody.
	AnnotationRevision = "burnline_revision"
	// AnnotationAdopted is the hash of what Burnline wanted when somebody chose to keep an edit: while it wants the same,
	// the rule is left alone.
	AnnotationAdopted = "burnline_adopted"
)

// testAge is how old a test rule must be before it is pruned: somebody may be waiting for it to fire.
const testAge = 10 * time.Minute

// Action is what is to be done with a rule, or why nothing is.
type Action string

// The actions.
const (
	// ActionCreate, ActionUpdate and ActionDelete are done by Apply.
	ActionCreate Action = "create"
	ActionUpdate Action = "update"
	ActionDelete Action = "delete"
	// ActionDrift: somebody edited the rule. It waits for Adopt or Restore.
	ActionDrift Action = "drift"
	// ActionConflict: somebody edited the rule and Burnline wants a new version of it, or none; or the UID belongs to
	// somebody else's rule. It waits for a person.
	ActionConflict Action = "conflict"
	// ActionUnchanged: the rule is as wanted.
	ActionUnchanged Action = "unchanged"
	// ActionAdopted: the rule differs, and somebody chose to keep it so.
	ActionAdopted Action = "adopted"
)

// Change is one rule compared.
type Change struct {
	Action Action `json:"action"`
	UID    string `json:"uid"`
	Title  string `json:"title"`
	// SLO is the id of the SLO that the rule belongs to.
	SLO string `json:"slo"`
	// Folder is the folder's title where it is known, else its UID.
	Folder string `json:"folder"`
	// Fields are the differences, sorted by path; none for a deletion.
	Fields []Field `json:"fields"`
}

// Field is one difference in readable words.
type Field struct {
	// Path is such as "for", "labels.severity" or "query A.expr".
	Path string `json:"path"`
	// Have is what Grafana holds, Want what Burnline wants; "" for nothing.
	Have string `json:"have"`
	Want string `json:"want"`
}

// Diff is every rule of ours compared, as of At.
type Diff struct {
	// Changes are sorted by folder, SLO, title and UID; rules that need nothing are among them.
	Changes []Change `json:"changes"`
	// Problems say what stands in the way, each with a remedy.
	Problems []string  `json:"problems"`
	At       time.Time `json:"at"`
}

// Pending counts the changes that Apply would make.
func (d Diff) Pending() int {
	n := 0
	for _, change := range d.Changes {
		if change.Action.applies() {
			n++
		}
	}
	return n
}

func (a Action) applies() bool {
	return a == ActionCreate || a == ActionUpdate || a == ActionDelete
}

// Failure is a change that could not be made, and why.
type Failure struct {
	Change
	Error string `json:"error"`
}

// Outcome is what Apply did, and in Diff what remains.
type Outcome struct {
	Applied []Change  `json:"applied"`
	Failed  []Failure `json:"failed"`
	Diff
}
