package export

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"github.com/burnline/grafana-slo-app/pkg/alert"
	"github.com/burnline/grafana-slo-app/pkg/alert/rule"
)

// ruleOf is a group with one rule.
func ruleOf(id string) rule.Group {
	return rule.Group{Name: id, FolderTitle: "Burnline: Shop", Interval: time.Minute, Rules: []rule.Rule{{
		UID: "bl-" + id, Title: "costs $5", Condition: "A", NoData: rule.StateOK, Error: rule.StateKeepLast, Labels: map[string]string{alert.LabelSLO: "shop$" + id},
		Annotations: map[string]string{"summary": "{{ $values.A }}"}, Data: []rule.Query{{RefID: "A", DataSource: rule.ExpressionUID, Model: []byte(`{"expression":"$B > 1.5"}`)}},
	}}}
}

func TestWhatLeavesAProvisioningFileIsDeletedAndWhatIsInDoubtStays(t *testing.T) {
	none := func(string) bool { return false }
	write := func(former []byte, keep func(string) bool, groups ...rule.Group) (provisioningFile, []byte) {
		raw, err := ProvisioningAfter(former, groups, 2, keep)
		require.NoError(t, err)
		again, err := ProvisioningAfter(raw, groups, 2, keep)
		require.NoError(t, err)
		require.Equal(t, string(raw), string(again), "written twice, the same")
		var file provisioningFile
		require.NoError(t, yaml.Unmarshal(raw, &file))
		return file, raw
	}
	both, former := write(nil, none, ruleOf("a"), ruleOf("b"))
	require.Empty(t, both.Delete)
	assert.Equal(t, "costs $$5", both.Groups[1].Rules[0].Title)
	kept, _ := write(former, func(id string) bool { return id == "shop$b" }, ruleOf("a"))
	assert.Equal(t, both, kept, "its definition can't be read")
	gone, later := write(former, none, ruleOf("a"))
	assert.Equal(t, []provisioningDelete{{OrgID: 2, UID: "bl-b"}}, gone.Delete)
	assert.Len(t, gone.Groups, 1)
	still, _ := write(later, none, ruleOf("c"))
	assert.Equal(t, []provisioningDelete{{OrgID: 2, UID: "bl-a"}, {OrgID: 2, UID: "bl-b"}}, still.Delete, "Grafana may not have read the file between")
	back, _ := write(later, none, ruleOf("a"), ruleOf("b"))
	assert.Equal(t, both, back)
	_, err := ProvisioningAfter([]byte("groups: 5"), nil, 1, none)
	assert.ErrorContains(t, err, "the former file can't be read")
}
