package server

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// provisionedSource is a data source in Grafana's provisioning format.
type provisionedSource struct {
	UID            string            `yaml:"uid"`
	Name           string            `yaml:"name"`
	Type           string            `yaml:"type"`
	Access         string            `yaml:"access"`
	URL            string            `yaml:"url"`
	User           string            `yaml:"user"`
	Database       string            `yaml:"database"`
	BasicAuth      bool              `yaml:"basicAuth"`
	BasicAuthUser  string            `yaml:"basicAuthUser"`
	IsDefault      bool              `yaml:"isDefault"`
	Editable       bool              `yaml:"editable"`
	JSONData       map[string]any    `yaml:"jsonData"`
	SecureJSONData map[string]string `yaml:"secureJsonData"`
}

// provisionedApp is an app in Grafana's provisioning format.
type provisionedApp struct {
	Type           string            `yaml:"type"`
	Disabled       bool              `yaml:"disabled"`
	JSONData       map[string]any    `yaml:"jsonData"`
	SecureJSONData map[string]string `yaml:"secureJsonData"`
}

type provisioned struct {
	Sources  []provisionedSource
	Apps     []provisionedApp
	Alerting []alertingFile
}

// readProvisioning reads datasources/, plugins/ and alerting/ of each folder. All errors are reported at once.
func readProvisioning(folders []string, lookup func(string) (string, bool)) (provisioned, error) {
	var (
		all  provisioned
		errs []error
	)
	for _, folder := range folders {
		err := eachYAML(filepath.Join(folder, "datasources"), func(_ string, content []byte) error {
			var document struct {
				DataSources []provisionedSource `yaml:"datasources"`
			}
			if err := decodeYAML(content, &document, lookup); err != nil {
				return err
			}
			for _, source := range document.DataSources {
				if source.Name == "" || source.Type == "" {
					return errors.New("datasources: every entry needs a name and a type")
				}
				if source.UID == "" {
					source.UID = source.Name
				}
				all.Sources = append(all.Sources, source)
			}
			return nil
		})
		errs = append(errs, err)
		err = eachYAML(filepath.Join(folder, "plugins"), func(_ string, content []byte) error {
			var document struct {
				Apps []provisionedApp `yaml:"apps"`
			}
			if err := decodeYAML(content, &document, lookup); err != nil {
				return err
			}
			for _, app := range document.Apps {
				if app.Type == "" {
					return errors.New("apps: every entry needs a type, the plugin's id")
				}
				all.Apps = append(all.Apps, app)
			}
			return nil
		})
		errs = append(errs, err)
		err = eachYAML(filepath.Join(folder, "alerting"), func(name string, content []byte) error {
			file, err := readAlerting(name, content, lookup)
			all.Alerting = append(all.Alerting, file)
			return err
		})
		errs = append(errs, err)
	}
	return all, errors.Join(errs...)
}

func eachYAML(dir string, fn func(name string, content []byte) error) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("provisioning: %w", err)
	}
	slices.SortFunc(entries, func(a, b os.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	var errs []error
	for _, entry := range entries {
		extension := filepath.Ext(entry.Name())
		if entry.IsDir() || (extension != ".yaml" && extension != ".yml") {
			continue
		}
		file := filepath.Join(dir, entry.Name())
		content, err := os.ReadFile(file)
		if err == nil {
			err = fn(file, content)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("provisioning file %s: %w", file, err))
		}
	}
	return errors.Join(errs...)
}

// decodeYAML expands variables in values, not in the text: a value can't change the document's structure.
func decodeYAML(content []byte, into any, lookup func(string) (string, bool)) error {
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return err
	}
	expandNode(&document, lookup)
	if document.Kind == 0 {
		return nil
	}
	return document.Decode(into)
}

func expandNode(node *yaml.Node, lookup func(string) (string, bool)) {
	if node.Kind == yaml.ScalarNode && strings.Contains(node.Value, "$") {
		node.Value = expand(node.Value, lookup)
		if node.Style == 0 {
			node.Tag = ""
		}
	}
	for i, child := range node.Content {
		if node.Kind == yaml.MappingNode && i%2 == 0 {
			continue
		}
		expandNode(child, lookup)
	}
}

var variable = regexp.MustCompile(`\$\$|\$__env\{(\w+)\}|\$\{(\w+)\}|\$([A-Za-z_]\w*)`)

// expand replaces $NAME, ${NAME} and $__env{NAME}; $$ is a dollar sign. An unset variable is empty, as in Grafana.
func expand(text string, lookup func(string) (string, bool)) string {
	return variable.ReplaceAllStringFunc(text, func(match string) string {
		if match == "$$" {
			return "$"
		}
		parts := variable.FindStringSubmatch(match)
		value, _ := lookup(cmp.Or(parts[1], parts[2], parts[3]))
		return value
	})
}

// provision puts what the files say into the store. It wins over what was there, except for an app's saved settings
// that no file mentions.
func (s *Server) provision() error {
	found, err := readProvisioning(s.cfg.Provisioning, s.cfg.LookupEnv)
	if err != nil {
		return err
	}
	now := time.Now().UTC()
	return s.store.change(func(state *state) error {
		for uid, source := range state.DataSources {
			if source.Provisioned {
				delete(state.DataSources, uid)
			}
		}
		for _, source := range found.Sources {
			if _, ok := state.DataSources[source.UID]; ok {
				return fmt.Errorf("provisioning: data source uid %q stands twice: uids are unique", source.UID)
			}
			state.DataSources[source.UID] = &dataSource{
				ID: state.newID(), UID: source.UID, OrgID: 1, Name: source.Name, Type: source.Type, Access: cmp.Or(source.Access, "proxy"),
				URL: source.URL, User: source.User, Database: source.Database, BasicAuth: source.BasicAuth, BasicAuthUser: source.BasicAuthUser,
				IsDefault: source.IsDefault, JSONData: source.JSONData, Secure: source.SecureJSONData,
				ReadOnly: !source.Editable, Provisioned: true, Updated: now, Version: 1,
			}
		}
		for _, plugin := range s.plugins {
			if plugin.Type == typeApp && state.Apps[plugin.ID] == nil {
				state.Apps[plugin.ID] = &appSettings{Enabled: plugin.AutoEnabled, Pinned: plugin.AutoEnabled, Updated: now}
			}
		}
		for _, app := range found.Apps {
			plugin, ok := s.byID[app.Type]
			if !ok || plugin.Type != typeApp {
				return fmt.Errorf("provisioning: app %q is not installed in %s", app.Type, s.cfg.Dist)
			}
			state.Apps[app.Type] = &appSettings{
				Enabled: !app.Disabled, Pinned: true, JSONData: app.JSONData, SecureJSONData: app.SecureJSONData, Updated: now,
			}
		}
		return state.provisionAlerting(found.Alerting)
	})
}
