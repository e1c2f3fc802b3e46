package plugin

import (
	"encoding/json"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// manifest is what these tests read of a plugin.json.
type manifest struct {
	Type, ID   string
	Backend    bool
	Alerting   bool
	Executable string
	Includes   []struct{ Type, Name, Path, Role, Action string }
	Roles      []struct {
		Role struct {
			Name        string
			Permissions []permission
		}
		Grants []string
	}
	IAM struct{ Permissions []permission }
}

type permission struct{ Action, Scope string }

// manifests are those of the app ("") and of the plugins in it, by their folder in dist.
func manifests(t *testing.T) map[string]manifest {
	t.Helper()
	files := map[string]string{"": "../../plugin.json"}
	nested, err := filepath.Glob("../../src/*/plugin.json")
	require.NoError(t, err)
	deeper, err := filepath.Glob("../../src/*/*/plugin.json")
	require.NoError(t, err)
	for _, file := range append(nested, deeper...) {
		folder, err := filepath.Rel("../../src", filepath.Dir(file))
		require.NoError(t, err)
		files[filepath.ToSlash(folder)] = file
	}
	all := map[string]manifest{}
	for folder, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var m manifest
		require.NoError(t, json.Unmarshal(raw, &m), file)
		all[folder] = m
	}
	return all
}

func TestTheManifestsAreOnesThatGrafanaAccepts(t *testing.T) {
	all := manifests(t)
	app := all[""]
	require.Equal(t, AppID, app.ID)
	require.Equal(t, DataSourceID, all["datasource"].ID)
	require.True(t, all["datasource"].Alerting, "alert rules query the data source")

	t.Run("both backends are the same executable", func(t *testing.T) {
		for folder, m := range all {
			if m.Backend {
				require.Equal(t, app.Executable, path.Join(folder, m.Executable), m.ID)
			}
		}
	})
	t.Run("roles hold actions of the app only, and are granted to basic roles", func(t *testing.T) {
		for _, r := range app.Roles {
			require.NotEmpty(t, r.Role.Name)
			for _, p := range r.Role.Permissions {
				require.Truef(t, strings.HasPrefix(p.Action, AppID+".") || strings.HasPrefix(p.Action, AppID+":"), "Grafana refuses the action %s", p.Action)
			}
			require.Subset(t, []string{"Viewer", "Editor", "Admin", "Grafana Admin"}, r.Grants)
		}
	})
	t.Run("nobody could open a page whose action no role holds", func(t *testing.T) {
		// Grafana's own actions on an app, which it grants to Viewers and to Admins.
		actions := []string{"", "plugins.app:access", "plugins:write"}
		for _, r := range app.Roles {
			for _, p := range r.Role.Permissions {
				actions = append(actions, p.Action)
			}
		}
		for _, include := range app.Includes {
			require.Contains(t, actions, include.Action, include.Name)
		}
	})
	t.Run("the service account may do what the plugin does, and no more", func(t *testing.T) {
		require.ElementsMatch(t, []permission{
			{"datasources:read", "datasources:uid:*"}, {"datasources:query", "datasources:uid:*"},
			// Alert rules through the provisioning API; neither contact points nor notification policies can be written with these.
			{"alert.rules.provisioning:read", ""}, {"alert.rules.provisioning:write", ""}, {"alert.notifications.provisioning:read", ""},
			// The rules' states, their folders, and the history of what fired.
			{"alert.rules:read", "folders:*"}, {"folders:read", "folders:*"}, {"folders:create", "folders:*"},
			{"annotations:read", "annotations:*"}, {"annotations:read", "dashboards:*"}, {"annotations:read", "folders:*"},
			// Grafana shows the history of a rule with a dashboard panel to those who may see the dashboard.
			{"dashboards:read", "dashboards:*"}, {"dashboards:read", "folders:*"},
		}, app.IAM.Permissions)
	})
	t.Run("what the app includes is there", func(t *testing.T) {
		included := 0
		for _, include := range app.Includes {
			switch include.Type {
			case "page":
				at := strings.TrimPrefix(strings.TrimPrefix(include.Path, "/a/"), "/plugins/")
				require.Equal(t, AppID, strings.Split(at, "/")[0], include.Name)
			case "dashboard":
				raw, err := os.ReadFile(filepath.Join("../..", include.Path))
				require.NoError(t, err, include.Name)
				var dashboard struct {
					UID      string
					Revision int
				}
				require.NoError(t, json.Unmarshal(raw, &dashboard))
				require.NotEmpty(t, dashboard.UID, include.Name)
				require.Positive(t, dashboard.Revision, "Grafana updates an imported dashboard when its revision changes")
			default:
				included++
				require.Equal(t, include.Type, all[path.Dir(include.Path)].Type, include.Name)
			}
		}
		require.Equal(t, len(all)-1, included)
	})
}

// An unsigned plugin that is not named is left out without an error on any page, nested ones too.
func TestEveryPluginIsNamedWhereUnsignedPluginsAreAllowed(t *testing.T) {
	var ids, backends []string
	for _, m := range manifests(t) {
		ids = append(ids, m.ID)
		if m.Backend {
			backends = append(backends, m.ID)
		}
	}
	raw, err := os.ReadFile("../../docker-compose.yaml")
	require.NoError(t, err)
	var compose struct {
		Services map[string]struct{ Environment yaml.Node }
	}
	require.NoError(t, yaml.Unmarshal(raw, &compose))
	environment := map[string]string{}
	service := compose.Services["grafana"]
	require.NoError(t, service.Environment.Decode(&environment))
	// Grafana does not trim these lists.
	require.ElementsMatch(t, ids, strings.Split(environment["GF_PLUGINS_ALLOW_LOADING_UNSIGNED_PLUGINS"], ","))
	require.ElementsMatch(t, backends, strings.Split(environment["GF_PLUGINS_FORWARD_HOST_ENV_VARS"], ","))

	readme, err := os.ReadFile("../../README.md")
	require.NoError(t, err)
	lines := strings.Split(string(readme), "\n")
	at := slices.IndexFunc(lines, func(line string) bool { return strings.Contains(line, "allow_loading_unsigned_plugins") })
	require.GreaterOrEqual(t, at, 0)
	_, list, _ := strings.Cut(lines[at], "=")
	require.ElementsMatch(t, ids, strings.Split(strings.TrimSpace(list), ","))
}
