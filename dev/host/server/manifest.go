package server

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
)

const (
	manifestName   = "plugin.json"
	typeApp        = "app"
	typeDataSource = "datasource"
	typePanel      = "panel"
)

// Manifest is a plugin's plugin.json as far as the host acts on it. The rest is handed to the browser as it is.
type Manifest struct {
	ID         string          `json:"id"`
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	Backend    bool            `json:"backend"`
	Executable string          `json:"executable"`
	Info       json.RawMessage `json:"info"`
	Includes   []Include       `json:"includes"`
	Roles      []struct {
		Role struct {
			Name        string       `json:"name"`
			Permissions []Permission `json:"permissions"`
		} `json:"role"`
		Grants []Role `json:"grants"`
	} `json:"roles"`
	IAM *struct {
		Permissions []Permission `json:"permissions"`
	} `json:"iam"`
	Dependencies json.RawMessage `json:"dependencies"`
	AutoEnabled  bool            `json:"autoEnabled"`
}

// Include is one thing that an app brings: a page, a dashboard or a nested plugin.
type Include struct {
	Type       string `json:"type"`
	Name       string `json:"name"`
	Path       string `json:"path"`
	UID        string `json:"uid,omitempty"`
	Role       Role   `json:"role,omitempty"`
	Action     string `json:"action,omitempty"`
	Icon       string `json:"icon,omitempty"`
	AddToNav   bool   `json:"addToNav"`
	DefaultNav bool   `json:"defaultNav"`
}

// Plugin is an installed plugin: its manifest and where it lies.
type Plugin struct {
	Manifest
	// Dir is the folder of the manifest. Parent is the id of the app that it is nested in, if any.
	Dir    string
	Parent string
	raw    map[string]any
}

// executable is the path that Grafana runs on this machine: the manifest's name with system and processor.
func (p *Plugin) executable() string {
	name := fmt.Sprintf("%s_%s_%s", p.Executable, runtime.GOOS, runtime.GOARCH)
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(p.Dir, filepath.FromSlash(name))
}

func (p *Plugin) baseURL() string { return "public/plugins/" + p.ID }

// module is the path of the plugin's browser part, relative to the server's root.
func (p *Plugin) module() string { return p.baseURL() + "/module.js" }

// version is the info block's version, empty when it has none.
func (p *Plugin) version() string {
	var info struct {
		Version string `json:"version"`
	}
	if json.Unmarshal(p.Info, &info) != nil {
		return ""
	}
	return info.Version
}

// meta is what the browser is told of a plugin: the manifest, with logo paths made absolute and the places added.
func (p *Plugin) meta() map[string]any {
	meta := make(map[string]any, len(p.raw)+8)
	for key, value := range p.raw {
		meta[key] = value
	}
	meta["info"] = p.info()
	meta["includes"] = p.Includes
	meta["module"] = p.module()
	meta["baseUrl"] = p.baseURL()
	meta["signature"] = "unsigned"
	meta["loadingStrategy"] = "fetch"
	meta["angular"] = map[string]any{"detected": false, "hideDeprecation": false}
	return meta
}

func (p *Plugin) info() map[string]any {
	var info map[string]any
	if json.Unmarshal(p.Info, &info) != nil || info == nil {
		info = map[string]any{}
	}
	logos := map[string]any{"small": "public/build/img/icons/unicons/apps.svg", "large": "public/img/icons/unicons/apps.svg"}
	if given, ok := info["logos"].(map[string]any); ok {
		for size, value := range given {
			if file, ok := value.(string); ok && file != "" {
				logos[size] = path.Join(p.baseURL(), file)
			}
		}
	}
	info["logos"] = logos
	return info
}

// findPlugins reads every manifest below dist, parents before the plugins nested in them.
func findPlugins(dist string) ([]*Plugin, error) {
	var (
		found []*Plugin
		errs  []error
	)
	err := filepath.WalkDir(dist, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && entry.Name() == "node_modules" {
			return filepath.SkipDir
		}
		if entry.IsDir() || entry.Name() != manifestName {
			return nil
		}
		plugin, err := readManifest(file)
		if err != nil {
			errs = append(errs, err)
			return nil
		}
		found = append(found, plugin)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("walk %s: %w", dist, err)
	}
	slices.SortFunc(found, func(a, b *Plugin) int {
		return cmp.Or(cmp.Compare(strings.Count(a.Dir, string(filepath.Separator)), strings.Count(b.Dir, string(filepath.Separator))), cmp.Compare(a.ID, b.ID))
	})
	seen := map[string]string{}
	for _, plugin := range found {
		if other, ok := seen[plugin.ID]; ok {
			errs = append(errs, fmt.Errorf("plugin id %q stands in both %s and %s: ids are unique", plugin.ID, other, plugin.Dir))
		}
		seen[plugin.ID] = plugin.Dir
		for _, parent := range found {
			if parent != plugin && parent.Type == typeApp && strings.HasPrefix(plugin.Dir, parent.Dir+string(filepath.Separator)) {
				plugin.Parent = parent.ID
			}
		}
	}
	return found, errors.Join(errs...)
}

func readManifest(file string) (*Plugin, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("plugin manifest: %w", err)
	}
	plugin := &Plugin{Dir: filepath.Dir(file)}
	if err := json.Unmarshal(content, &plugin.Manifest); err != nil {
		return nil, fmt.Errorf("plugin manifest %s: %w", file, err)
	}
	if err := json.Unmarshal(content, &plugin.raw); err != nil {
		return nil, fmt.Errorf("plugin manifest %s: %w", file, err)
	}
	if plugin.ID == "" || plugin.Type == "" {
		return nil, fmt.Errorf("plugin manifest %s: id and type are required", file)
	}
	if plugin.Backend && plugin.Executable == "" {
		return nil, fmt.Errorf("plugin manifest %s: a backend plugin names its executable", file)
	}
	for i := range plugin.Includes {
		plugin.Includes[i].Path = strings.ReplaceAll(plugin.Includes[i].Path, "%PLUGIN_ID%", plugin.ID)
	}
	return plugin, nil
}
