package reconcile

import (
	"fmt"
	"slices"
	"strings"

	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
	"github.com/burnline/grafana-slo-app/pkg/grafana"
)

// requirement is the Grafana that a value needs; nil if each has it.
func requirement(path, value string) *grafana.Version {
	switch {
	case path == pathKeepFiringFor:
		return &grafana.VersionKeepFiringFor
	case strings.HasPrefix(path, pathNotification):
		return &grafana.VersionNotificationSettings
	case (path == pathNoData || path == pathError) && value == rule.StateKeepLast:
		return &grafana.VersionKeepLast
	}
	return nil
}

// surroundings is what a rule refers to in Grafana.
type surroundings struct {
	version grafana.Version
	// contactPoints and muteTimings are names; nil if they can't be read, and then Grafana itself judges.
	contactPoints, muteTimings map[string]bool
}

// wishesOf are the wanted rules by UID, each with what is in its way.
func wishesOf(desired []rule.Group, around surroundings) map[string]*wish {
	wishes := map[string]*wish{}
	titles := map[[2]string]*wish{}
	for _, group := range desired {
		for _, r := range group.Rules {
			r.FolderUID, r.Group = group.FolderUID, group.Name
			w := &wish{rule: r, folderTitle: group.FolderTitle, model: Model(r)}
			w.content = contentOf(w.model)
			w.hash = w.content.hash()
			w.model = annotated(w.model, AnnotationRevision, w.hash)
			w.blocked = around.objection(w)
			if other := wishes[r.UID]; other != nil {
				other.blocked = fmt.Sprintf("its UID %s is claimed by %q of %s and %q of %s: rename one of the SLOs", r.UID, other.rule.Title, other.rule.Group, r.Title, r.Group)
				continue
			}
			wishes[r.UID] = w
			place := [2]string{r.FolderUID, r.Title}
			if other := titles[place]; other != nil {
				w.blocked = fmt.Sprintf("the rule %s of %s has the same title in the same folder, which Grafana does not allow: give one of the SLOs another name", other.rule.UID, other.rule.Group)
				continue
			}
			titles[place] = w
		}
	}
	return wishes
}

// objection says why this Grafana can't take a rule; "" if it can.
func (around surroundings) objection(w *wish) string {
	if w.rule.UID == "" || len(w.rule.UID) > 40 {
		return fmt.Sprintf("its UID %q must have 1 to 40 characters: report this as a fault of Burnline", w.rule.UID)
	}
	var old []string
	for path, value := range w.content {
		if version := requirement(path, value); version != nil && !around.version.AtLeast(*version) {
			old = append(old, fmt.Sprintf("%s = %s needs Grafana %s or newer", path, value, version))
		}
	}
	if len(old) > 0 {
		slices.Sort(old)
		return fmt.Sprintf("%s, and this is Grafana %s: upgrade Grafana", strings.Join(old, "; "), around.version)
	}
	if name := w.rule.Route.ContactPoint; name != "" && around.contactPoints != nil && !around.contactPoints[name] {
		return fmt.Sprintf("Grafana has no contact point %q: create it, or choose another in the alert settings or the SLO's AlertNotificationTarget", name)
	}
	for _, name := range w.rule.Route.MuteTimings {
		if w.rule.Route.ContactPoint != "" && around.muteTimings != nil && !around.muteTimings[name] {
			return fmt.Sprintf("Grafana has no mute timing %q: create it, or remove it from the alert settings", name)
		}
	}
	return ""
}
