package server

import (
	"net/http"
	"slices"
	"strings"
)

// Actions of Grafana's alerting.
const (
	actionRulesRead           = "alert.rules:read"
	actionRulesCreate         = "alert.rules:create"
	actionRulesUpdate         = "alert.rules:write"
	actionRulesDelete         = "alert.rules:delete"
	actionNotificationsRead   = "alert.notifications:read"
	actionNotificationsWrite  = "alert.notifications:write"
	actionReceiversRead       = "alert.notifications.receivers:read"
	actionProvisioningRead    = "alert.provisioning:read"
	actionProvisioningWrite   = "alert.provisioning:write"
	actionProvisionRulesRead  = "alert.rules.provisioning:read"
	actionProvisionRulesWrite = "alert.rules.provisioning:write"
	actionProvisionNotesRead  = "alert.notifications.provisioning:read"
	actionProvisionNotesWrite = "alert.notifications.provisioning:write"
	actionProvenanceWrite     = "alert.provisioning.provenance:write"
)

// alertingPermissions are what open source Grafana grants to each basic role for alerting.
var alertingPermissions = []struct {
	role Role
	Permission
}{
	{RoleViewer, Permission{actionRulesRead, "folders:*"}},
	{RoleViewer, Permission{actionNotificationsRead, ""}},
	{RoleViewer, Permission{actionReceiversRead, "receivers:*"}},
	{RoleEditor, Permission{actionRulesCreate, "folders:*"}},
	{RoleEditor, Permission{actionRulesUpdate, "folders:*"}},
	{RoleEditor, Permission{actionRulesDelete, "folders:*"}},
	{RoleEditor, Permission{actionNotificationsWrite, ""}},
	{RoleEditor, Permission{actionProvenanceWrite, ""}},
	{RoleAdmin, Permission{actionProvisioningRead, ""}},
	{RoleAdmin, Permission{actionProvisioningWrite, ""}},
}

// Each of these is a list of alternatives; one whose actions are all granted, in whichever folder, opens the route.
var (
	toReadRules = [][]string{{actionProvisioningRead}, {actionProvisionRulesRead}, {actionRulesRead, actionFoldersRead}}
	toWriteRule = [][]string{
		{actionProvisioningWrite},
		{actionProvisionRulesWrite},
		{actionRulesCreate, actionProvenanceWrite},
		{actionRulesUpdate, actionProvenanceWrite},
		{actionRulesDelete, actionProvenanceWrite},
	}
	toReadContacts  = [][]string{{actionProvisioningRead}, {actionProvisionNotesRead}, {actionNotificationsRead}, {actionReceiversRead}}
	toWriteContacts = [][]string{{actionProvisioningWrite}, {actionProvisionNotesWrite}, {actionNotificationsWrite, actionProvenanceWrite}}
)

// allowAny guards a handler with alternatives.
func allowAny(alternatives [][]string, next handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		who := identityFrom(r.Context())
		granted := slices.ContainsFunc(alternatives, func(actions []string) bool {
			return !slices.ContainsFunc(actions, func(action string) bool { return !who.may(action, "") })
		})
		if granted {
			return next(w, r)
		}
		var needed []string
		for _, actions := range alternatives {
			needed = append(needed, strings.Join(actions, " and "))
		}
		return denied("Permissions needed: any of " + strings.Join(needed, ", "))
	}
}

func denied(reason string) error {
	return &apiError{
		Status: http.StatusForbidden, MessageID: "accesscontrol.access-denied",
		Message: "You'll need additional permissions to perform this action. " + reason,
	}
}

// mayReadRule is true for those who read all rules, and for those who may read rules in the rule's folder.
func (i *identity) mayReadRule(rule *alertRule) bool {
	if i.may(actionProvisioningRead, "") || i.may(actionProvisionRulesRead, "") {
		return true
	}
	scope := "folders:uid:" + rule.FolderUID
	return i.may(actionRulesRead, scope) && i.may(actionFoldersRead, scope)
}

// checkRuleChange is Grafana's look at a change of one rule: its folder must be visible; who does not hold the
// provisioning permission needs the action in the folder and must be able to query the rule's data sources.
func (i *identity) checkRuleChange(before, after *alertRule) error {
	rule := after
	if rule == nil {
		rule = before
	}
	scope := "folders:uid:" + rule.FolderUID
	if after != nil && !i.may(actionFoldersRead, scope) {
		return denied("Permissions needed: " + actionFoldersRead + " on " + scope)
	}
	if i.may(actionProvisioningWrite, "") || i.may(actionProvisionRulesWrite, "") {
		return nil
	}
	type need struct{ action, scope string }
	var needs []need
	switch {
	case before == nil:
		needs = append(needs, need{actionRulesCreate, scope})
	case after == nil:
		needs = append(needs, need{actionRulesDelete, scope})
	case before.FolderUID != after.FolderUID:
		needs = append(needs, need{actionRulesDelete, "folders:uid:" + before.FolderUID}, need{actionRulesCreate, scope})
	default:
		needs = append(needs, need{actionRulesUpdate, scope})
	}
	for _, uid := range rule.dataSources() {
		needs = append(needs, need{actionDataSourcesQuery, "datasources:uid:" + uid})
	}
	for _, n := range needs {
		if !i.may(n.action, n.scope) {
			return denied("Permissions needed: " + n.action + " on " + n.scope)
		}
	}
	return nil
}
