package grafana

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/go-openapi/strfmt"
	"github.com/grafana/grafana-openapi-client-go/client/folders"
	"github.com/grafana/grafana-openapi-client-go/client/provisioning"
	"github.com/grafana/grafana-openapi-client-go/models"
)

// The permissions that the calls need. Those for provisioning are the narrowest that Grafana has: with them the plugin
// can write no contact point and no notification policy.
const (
	permitRulesRead         = "alert.rules.provisioning:read"
	permitRulesWrite        = "alert.rules.provisioning:write"
	permitNotificationsRead = "alert.notifications.provisioning:read"
	permitFoldersRead       = "folders:read on folders:*"
	permitFoldersCreate     = "folders:create on folders:*"
	permitStates            = "alert.rules:read and folders:read on folders:*"
	permitHistory           = "annotations:read on annotations:*, dashboards:* and folders:*"
)

// Alerting is what the plugin asks of Grafana Alerting. It is safe for concurrent use. Every error is an *APIError or
// that of the caller's context.
type Alerting struct {
	client       *Client
	provisioning provisioning.ClientService
	folders      folders.ClientService
}

// Alerting is the way to Grafana Alerting, with the client's address, token and time limit.
func (c *Client) Alerting() (*Alerting, error) {
	transport, err := c.openapi()
	if err != nil {
		return nil, err
	}
	return &Alerting{
		client: c, provisioning: provisioning.New(transport, strfmt.Default), folders: folders.New(transport, strfmt.Default),
	}, nil
}

// Rules lists every Grafana-managed alert rule of the organisation, ours and others'.
func (a *Alerting) Rules(ctx context.Context) ([]*models.ProvisionedAlertRule, error) {
	return call(ctx, a.client, operation{"list alert rules", permitRulesRead}, func(ctx context.Context) ([]*models.ProvisionedAlertRule, error) {
		answer, err := a.provisioning.GetAlertRulesWithParams(provisioning.NewGetAlertRulesParamsWithContext(ctx))
		if err != nil {
			return nil, err
		}
		return slices.DeleteFunc(answer.Payload, func(r *models.ProvisionedAlertRule) bool { return r == nil }), nil
	})
}

// Rule reads one rule; an error of KindMissing says that there is none with this UID.
func (a *Alerting) Rule(ctx context.Context, uid string) (*models.ProvisionedAlertRule, error) {
	return call(ctx, a.client, operation{"read alert rule " + uid, permitRulesRead}, func(ctx context.Context) (*models.ProvisionedAlertRule, error) {
		answer, err := a.provisioning.GetAlertRuleWithParams(provisioning.NewGetAlertRuleParamsWithContext(ctx).WithUID(uid))
		if err != nil {
			return nil, err
		}
		return answer.Payload, nil
	})
}

// editable is the value of the header X-Disable-Provenance: with it Grafana leaves a rule editable in its pages.
var editable = "true"

// CreateRule makes a rule that stays editable in Grafana's pages, and answers it as Grafana took it.
func (a *Alerting) CreateRule(ctx context.Context, r *models.ProvisionedAlertRule) (*models.ProvisionedAlertRule, error) {
	return call(ctx, a.client, operation{"create alert rule " + r.UID, permitRulesWrite}, func(ctx context.Context) (*models.ProvisionedAlertRule, error) {
		answer, err := a.provisioning.PostAlertRule(provisioning.NewPostAlertRuleParamsWithContext(ctx).WithBody(r).WithXDisableProvenance(&editable))
		if err != nil {
			return nil, err
		}
		return answer.Payload, nil
	})
}

// UpdateRule replaces the rule with r's UID, and answers it as Grafana took it.
func (a *Alerting) UpdateRule(ctx context.Context, r *models.ProvisionedAlertRule) (*models.ProvisionedAlertRule, error) {
	return call(ctx, a.client, operation{"update alert rule " + r.UID, permitRulesWrite}, func(ctx context.Context) (*models.ProvisionedAlertRule, error) {
		answer, err := a.provisioning.PutAlertRule(provisioning.NewPutAlertRuleParamsWithContext(ctx).WithUID(r.UID).WithBody(r).WithXDisableProvenance(&editable))
		if err != nil {
			return nil, err
		}
		return answer.Payload, nil
	})
}

// DeleteRule deletes a rule. One that is not there is no error: somebody else was faster.
func (a *Alerting) DeleteRule(ctx context.Context, uid string) error {
	_, err := call(ctx, a.client, operation{"delete alert rule " + uid, permitRulesWrite}, func(ctx context.Context) (any, error) {
		return a.provisioning.DeleteAlertRule(provisioning.NewDeleteAlertRuleParamsWithContext(ctx).WithUID(uid).WithXDisableProvenance(&editable))
	})
	if KindOf(err) == KindMissing {
		return nil
	}
	return err
}

// FolderExists reports whether there is a folder with this UID, at whatever place in the tree.
func (a *Alerting) FolderExists(ctx context.Context, uid string) (bool, error) {
	_, err := call(ctx, a.client, operation{"read folder " + uid, permitFoldersRead}, func(ctx context.Context) (any, error) {
		return a.folders.GetFolderByUIDWithParams(folders.NewGetFolderByUIDParamsWithContext(ctx).WithFolderUID(uid))
	})
	if KindOf(err) == KindMissing {
		return false, nil
	}
	return err == nil, err
}

// CreateFolder makes a folder at the top of the tree. A folder that exists with this UID is no error; one with the
// same title and another UID is.
func (a *Alerting) CreateFolder(ctx context.Context, uid, title string) error {
	_, err := call(ctx, a.client, operation{"create folder " + title, permitFoldersCreate}, func(ctx context.Context) (any, error) {
		body := &models.CreateFolderCommand{UID: uid, Title: title}
		return a.folders.CreateFolderWithParams(folders.NewCreateFolderParamsWithContext(ctx).WithBody(body))
	})
	if KindOf(err) != KindConflict {
		return err
	}
	if exists, lookup := a.FolderExists(ctx, uid); lookup == nil && exists {
		return nil
	}
	var failed *APIError
	if errors.As(err, &failed) {
		failed.Remedy = "rename the other folder of this title, or create one with the UID " + uid
	}
	return err
}

// ContactPoint is a contact point of the organisation: a name, and where it sends to.
type ContactPoint struct {
	Name string `json:"name"`
	// Types are the kinds of its integrations, such as "email" and "slack", sorted, each once.
	Types []string `json:"types"`
}

// ContactPoints lists the contact points, sorted by name. It asks for no secret.
func (a *Alerting) ContactPoints(ctx context.Context) ([]ContactPoint, error) {
	return call(ctx, a.client, operation{"list contact points", permitNotificationsRead}, func(ctx context.Context) ([]ContactPoint, error) {
		answer, err := a.provisioning.GetContactpoints(provisioning.NewGetContactpointsParamsWithContext(ctx))
		if err != nil {
			return nil, err
		}
		types := map[string]map[string]bool{}
		for _, point := range answer.Payload {
			if point == nil || point.Name == "" {
				continue
			}
			if types[point.Name] == nil {
				types[point.Name] = map[string]bool{}
			}
			if point.Type != nil {
				types[point.Name][strings.TrimSpace(*point.Type)] = true
			}
		}
		found := []ContactPoint{}
		for _, name := range slices.Sorted(maps.Keys(types)) {
			found = append(found, ContactPoint{Name: name, Types: slices.Sorted(maps.Keys(types[name]))})
		}
		return found, nil
	})
}

// MuteTimings lists the names of the mute timings, sorted.
func (a *Alerting) MuteTimings(ctx context.Context) ([]string, error) {
	return call(ctx, a.client, operation{"list mute timings", permitNotificationsRead}, func(ctx context.Context) ([]string, error) {
		answer, err := a.provisioning.GetMuteTimingsWithParams(provisioning.NewGetMuteTimingsParamsWithContext(ctx))
		if err != nil {
			return nil, err
		}
		names := []string{}
		for _, timing := range answer.Payload {
			if timing != nil {
				names = append(names, timing.Name)
			}
		}
		slices.Sort(names)
		return names, nil
	})
}
