package reconcile

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

// TestApplyEndsAtWhatIsWanted: whatever people edit, whatever fails and whatever is wanted meanwhile, one apply without
// faults leaves every rule that nobody edited as wanted, every edited one as edited, and every foreign one untouched.
func TestApplyEndsAtWhatIsWanted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := &server{version: "12.3.1", rules: map[string]storedRule{}, folders: map[string]string{"theirs": "Theirs"}, points: []string{"oncall", "tickets"}, timings: []string{"nights"}}
		s.Server = httptest.NewServer(s)
		defer s.Close()
		r := s.reconciler(t)
		m := machine{s: s, r: r, desired: map[string]time.Duration{}, edited: map[string]bool{}}
		m.addForeign()
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			m.step(t)
		}
		s.mu.Lock()
		s.fault = nil
		before := map[string]storedRule{}
		for uid := range m.edited {
			if stored, ok := s.rules[uid]; ok {
				before[uid] = stored
			}
		}
		s.mu.Unlock()
		o, err := r.Apply(context.Background(), m.groups())
		require.NoError(t, err)
		require.Empty(t, o.Failed)
		require.Zero(t, o.Pending())
		m.check(t, before, o.Diff)
		wrote := s.writes()
		_, err = r.Apply(context.Background(), m.groups())
		require.NoError(t, err)
		require.Equal(t, wrote, s.writes(), "once is enough")
	})
}

// machine remembers what was done.
type machine struct {
	s *server
	r *Reconciler
	// desired are the wanted rules, by key, with their pending period.
	desired map[string]time.Duration
	// edited are the UIDs that somebody edited since the plugin wrote them.
	edited  map[string]bool
	foreign storedRule
}

func (m *machine) addForeign() {
	m.foreign = storedRule{ID: 1000, UID: "theirs", FolderUID: "theirs", Group: "shop", Title: "theirs", Labels: map[string]string{"team": "a"}, For: "5m"}
	m.s.rules["theirs"] = m.foreign
}

func (m *machine) groups() []rule.Group {
	group := sampleGroup("shop")
	for key, pending := range m.desired {
		one := sampleRule("shop", key)
		one.For = pending
		group.Rules = append(group.Rules, one)
	}
	return []rule.Group{group}
}

func (m *machine) step(t *rapid.T) {
	key := rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "key")
	uid := "bl-shop-" + key
	switch rapid.SampledFrom([]string{"want", "want", "drop", "edit", "delete", "adopt", "restore", "apply", "apply", "faulty apply"}).Draw(t, "do") {
	case "want":
		m.desired[key] = time.Duration(rapid.IntRange(1, 3).Draw(t, "for")) * time.Minute
	case "drop":
		delete(m.desired, key)
	case "edit":
		if _, ok := m.s.rules[uid]; ok {
			// A pending period that is never wanted.
			m.s.edit(uid, func(one *storedRule) { one.For = fmt.Sprintf("%dh", rapid.IntRange(1, 3).Draw(t, "hours")) })
			m.edited[uid] = true
		}
	case "delete":
		m.s.mu.Lock()
		delete(m.s.rules, uid)
		delete(m.edited, uid)
		m.s.mu.Unlock()
	case "adopt":
		_ = m.r.Adopt(context.Background(), m.groups(), uid)
	case "restore":
		if m.r.Restore(context.Background(), m.groups(), uid) == nil {
			delete(m.edited, uid)
		}
	case "apply":
		_, err := m.r.Apply(context.Background(), m.groups())
		require.NoError(t, err)
	case "faulty apply":
		faults := rapid.SliceOfN(rapid.SampledFrom([]string{"", "", "", fail500, fail403, failCut, failAfter}), 1, 20).Draw(t, "faults")
		n := 0
		m.s.mu.Lock()
		m.s.fault = func(*http.Request) string { n++; return faults[n%len(faults)] }
		m.s.mu.Unlock()
		_, _ = m.r.Apply(context.Background(), m.groups())
		m.s.mu.Lock()
		m.s.fault = nil
		m.s.mu.Unlock()
	}
}

func (m *machine) check(t *rapid.T, before map[string]storedRule, d Diff) {
	m.s.mu.Lock()
	defer m.s.mu.Unlock()
	require.True(t, reflect.DeepEqual(m.foreign, m.s.rules["theirs"]), "a foreign rule is untouched")
	told := actions(d)
	for uid, stored := range before {
		require.Equal(t, stored, m.s.rules[uid], "an edited rule stays as it was edited")
		require.Contains(t, []Action{ActionDrift, ActionConflict, ActionAdopted}, told[uid])
	}
	for key, pending := range m.desired {
		uid := "bl-shop-" + key
		if _, kept := before[uid]; !kept {
			require.Equal(t, grafanaDuration(pending), m.s.rules[uid].For, uid)
			require.Equal(t, ActionUnchanged, told[uid])
		}
	}
	for uid, stored := range m.s.rules {
		_, wanted := m.desired[uid[len(uid)-1:]]
		_, kept := before[uid]
		require.True(t, wanted || kept || stored.Labels[alert.LabelSLO] == "", "%s is left over", uid)
	}
}

// TestHashIgnoresOrder: the hash depends on what a rule says, not on the order in which maps are walked.
func TestHashIgnoresOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		one := sampleRule("shop", "a")
		one.Labels = rapid.MapOf(rapid.StringMatching(`[a-z]{1,4}`), rapid.String()).Draw(t, "labels")
		first, second := contentOf(Model(one)), contentOf(Model(one))
		require.Equal(t, first.hash(), second.hash())
		require.Empty(t, fields(first, second))
		for name, value := range one.Labels {
			if value == "" {
				continue
			}
			changed := one
			changed.Labels = map[string]string{}
			for other, kept := range one.Labels {
				changed.Labels[other] = kept
			}
			changed.Labels[name] = value + "x"
			require.NotEqual(t, first.hash(), contentOf(Model(changed)).hash())
			break
		}
	})
}
