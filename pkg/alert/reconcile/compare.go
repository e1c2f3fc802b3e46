package reconcile

import (
	"fmt"
	"strings"
	"time"

	"github.com/grafana/grafana-openapi-client-go/models"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

// absent is the hash of wanting no rule.
const absent = form + "-absent"

// wish is a rule that the SLOs want.
type wish struct {
	rule        rule.Rule
	folderTitle string
	model       *models.ProvisionedAlertRule
	content     content
	hash        string
	// blocked says why the rule must not be written; "" if nothing is in the way.
	blocked string
}

// sighting is a rule as Grafana holds it.
type sighting struct {
	model             *models.ProvisionedAlertRule
	content           content
	hash              string
	revision, adopted string
}

func see(m *models.ProvisionedAlertRule) *sighting {
	if m == nil {
		return nil
	}
	c := contentOf(m)
	return &sighting{model: m, content: c, hash: c.hash(), revision: m.Annotations[AnnotationRevision], adopted: m.Annotations[AnnotationAdopted]}
}

// slo is our label, "" on a rule that is not ours.
func (s *sighting) slo() string { return s.model.Labels[alert.LabelSLO] }

// managed says who else manages the rule, such as "file"; "" if everybody may edit it.
func (s *sighting) managed() string {
	if p := string(s.model.Provenance); p != "api" {
		return p
	}
	return ""
}

// same reports whether two readings of a rule would be judged alike.
func same(a, b *sighting) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.hash == b.hash && a.revision == b.revision && a.adopted == b.adopted && a.managed() == b.managed()
}

// verdict is a comparison with what a person should know of it.
type verdict struct {
	Change
	problem string
}

// compare judges one rule. The wish is nil for a rule that nobody wants any more, the sighting nil for one that Grafana
// does not hold; not both.
func compare(w *wish, s *sighting, now time.Time) verdict {
	v := verdict{Change: describe(w, s)}
	switch {
	case s == nil:
		v.Action, v.Fields = ActionCreate, fields(nil, w.content)
	case s.slo() == "":
		v.Action = ActionConflict
		v.problem = fmt.Sprintf("the UID belongs to the rule %q without the label %s, which is not touched: delete that rule, or give it another UID", deref(s.model.Title), alert.LabelSLO)
	case w == nil && alert.IsTest(s.model.Labels):
		v.Action = ActionDelete
		if age := now.Sub(time.Time(s.model.Updated)); age < testAge {
			v.Action = ActionUnchanged
		}
	case w == nil:
		v.Action = judge(s, absent)
	default:
		v.Action = judge(s, w.hash)
		v.Fields = fields(s.content, w.content)
	}
	v.explain(w, s)
	return v
}

// judge is the three-way comparison: what is wanted, what was written last, what is there.
func judge(s *sighting, want string) Action {
	edited, changed := s.hash != s.revision, want != s.revision
	switch {
	case s.hash == want && !changed:
		return ActionUnchanged
	case s.hash == want:
		// Somebody edited it to just what is wanted: only the revision is written.
		return ActionUpdate
	case s.adopted == want:
		return ActionAdopted
	case !edited && want == absent:
		return ActionDelete
	case !edited:
		return ActionUpdate
	case changed && s.revision != "":
		return ActionConflict
	case want == absent:
		return ActionConflict
	}
	return ActionDrift
}

// explain adds what a person should know, and takes back what can't or need not be done.
func (v *verdict) explain(w *wish, s *sighting) {
	switch {
	case s != nil && s.slo() != "" && s.managed() != "" && v.Action != ActionUnchanged && v.Action != ActionAdopted:
		v.Action = ActionConflict
		v.problem = fmt.Sprintf("the rule is managed by %q, which Grafana lets nobody else change: remove it there, or set the mode of the alert settings to file", s.managed())
	case v.Action == ActionDrift && dropped(v.Fields):
		v.Action = ActionUnchanged
		v.problem = "Grafana did not keep " + needs(v.Fields)
	case v.Action == ActionConflict && w == nil && v.problem == "":
		v.problem = "somebody edited the rule, and no SLO wants it any more: restore deletes it, adopt keeps it"
	case v.Action == ActionConflict && v.problem == "":
		v.problem = "somebody edited the rule, and its SLO or policy changed as well: restore writes the new version, adopt keeps the edited one"
	}
	if w != nil && w.blocked != "" {
		v.problem = w.blocked
	}
	if v.Action == ActionUpdate && len(v.Fields) == 0 {
		v.Fields = []Field{{Path: "annotations." + AnnotationRevision, Have: s.revision, Want: w.hash}}
	}
	if v.Action == ActionUnchanged || v.Action == ActionDelete {
		v.Fields = []Field{}
	}
}

func describe(w *wish, s *sighting) Change {
	if w != nil {
		return Change{UID: w.rule.UID, Title: w.rule.Title, SLO: w.rule.Labels[alert.LabelSLO], Folder: w.folderTitle, Fields: []Field{}}
	}
	return Change{UID: s.model.UID, Title: deref(s.model.Title), SLO: s.slo(), Folder: deref(s.model.FolderUID), Fields: []Field{}}
}

// dropped reports whether all that differs are parts that an older Grafana leaves out without a word.
func dropped(differences []Field) bool {
	for _, f := range differences {
		if f.Have != "" || requirement(f.Path, f.Want) == nil {
			return false
		}
	}
	return len(differences) > 0
}

// needs names fields and the Grafana that each of them needs.
func needs(differences []Field) string {
	var words []string
	for _, f := range differences {
		text := fmt.Sprintf("%s (wanted %q, got %q)", f.Path, f.Want, f.Have)
		if version := requirement(f.Path, f.Want); version != nil {
			text += fmt.Sprintf(", which needs Grafana %s or newer", version)
		}
		words = append(words, text)
	}
	return strings.Join(words, "; ")
}
