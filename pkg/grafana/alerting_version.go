package grafana

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
)

// Version is that of a Grafana server.
type Version struct {
	Major, Minor, Patch int
	// Text is the version in Grafana's words, such as "12.3.0-pre"; "" if it does not tell.
	Text string
}

var versionPattern = regexp.MustCompile(`^v?(\d+)\.(\d+)(?:\.(\d+))?`)

// ParseVersion reads Grafana's version; what it can't read is unknown.
func ParseVersion(text string) Version {
	found := versionPattern.FindStringSubmatch(text)
	if found == nil {
		return Version{Text: text}
	}
	var numbers [3]int
	for i := range numbers {
		numbers[i], _ = strconv.Atoi(found[i+1])
	}
	return Version{Major: numbers[0], Minor: numbers[1], Patch: numbers[2], Text: text}
}

// Known reports whether Grafana told its version.
func (v Version) Known() bool { return v.Major > 0 }

// AtLeast reports whether v is other or newer; an unknown version is taken for new enough.
func (v Version) AtLeast(other Version) bool {
	if !v.Known() {
		return true
	}
	for _, pair := range [][2]int{{v.Major, other.Major}, {v.Minor, other.Minor}, {v.Patch, other.Patch}} {
		if pair[0] != pair[1] {
			return pair[0] > pair[1]
		}
	}
	return true
}

// String is "12.3.0".
func (v Version) String() string { return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch) }

// The versions of Grafana from which on alert rules have a field or a value.
var (
	// VersionNotificationSettings: a contact point on the rule itself.
	VersionNotificationSettings = Version{Major: 10, Minor: 4}
	// VersionKeepLast: the state KeepLast for no data and errors.
	VersionKeepLast = Version{Major: 10, Minor: 4, Patch: 1}
	// VersionKeepFiringFor: firing on for a while after the condition has passed.
	VersionKeepFiringFor = Version{Major: 12}
)

// Version asks Grafana for its version. It needs no permission.
func (a *Alerting) Version(ctx context.Context) (Version, error) {
	var health struct {
		Version string `json:"version"`
	}
	err := a.client.fetch(ctx, operation{what: "read Grafana's version"}, "/api/health", &health)
	return ParseVersion(health.Version), err
}
