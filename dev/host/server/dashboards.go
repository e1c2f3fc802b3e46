package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

const defaultSearchLimit = 1000

// dashboard is one that an enabled app brings; Grafana imports these when the app is enabled.
type dashboard struct {
	id    int64
	uid   string
	title string
	tags  []string
	file  string
	app   string
}

// loadDashboards reads the dashboards that each app's manifest lists.
func (s *Server) loadDashboards() error {
	var errs []error
	for _, plugin := range s.plugins {
		if plugin.Type != typeApp {
			continue
		}
		for _, include := range plugin.Includes {
			if include.Type != "dashboard" || include.Path == "" {
				continue
			}
			loaded, err := readDashboard(filepath.Join(plugin.Dir, filepath.FromSlash(include.Path)))
			if errors.Is(err, fs.ErrNotExist) {
				s.cfg.Logger.Error("a dashboard that plugin.json lists is not in the build", "plugin", plugin.ID, "path", include.Path)
				continue
			}
			if err != nil {
				errs = append(errs, err)
				continue
			}
			loaded.app, loaded.id = plugin.ID, int64(len(s.dashboards)+1)
			if slices.ContainsFunc(s.dashboards, func(d *dashboard) bool { return d.uid == loaded.uid }) {
				errs = append(errs, fmt.Errorf("dashboard %s: uid %q stands twice: uids are unique", loaded.file, loaded.uid))
				continue
			}
			s.dashboards = append(s.dashboards, loaded)
		}
	}
	return errors.Join(errs...)
}

func readDashboard(file string) (*dashboard, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("dashboard: %w", err)
	}
	var head struct {
		UID   string   `json:"uid"`
		Title string   `json:"title"`
		Tags  []string `json:"tags"`
	}
	if err := json.Unmarshal(content, &head); err != nil {
		return nil, fmt.Errorf("dashboard %s: %w", file, err)
	}
	if head.UID == "" || head.Title == "" {
		return nil, fmt.Errorf("dashboard %s: uid and title are required", file)
	}
	if head.Tags == nil {
		head.Tags = []string{}
	}
	return &dashboard{uid: head.UID, title: head.Title, tags: head.Tags, file: file}, nil
}

func (d *dashboard) url() string { return "/d/" + d.uid + "/" + slug(d.title) }

// visibleDashboards are those of enabled apps.
func (s *Server) visibleDashboards() []*dashboard {
	return slices.DeleteFunc(slices.Clone(s.dashboards), func(d *dashboard) bool {
		app := s.appSettings(d.app)
		return app == nil || !app.Enabled
	})
}

func (s *Server) getDashboard(w http.ResponseWriter, r *http.Request) error {
	visible := s.visibleDashboards()
	at := slices.IndexFunc(visible, func(d *dashboard) bool { return d.uid == r.PathValue("uid") })
	if at < 0 {
		return notFound("Dashboard not found")
	}
	found := visible[at]
	content, err := os.ReadFile(found.file)
	if err != nil {
		return fmt.Errorf("dashboard: %w", err)
	}
	var model map[string]any
	if err := json.Unmarshal(content, &model); err != nil {
		return fmt.Errorf("dashboard %s: %w", found.file, err)
	}
	model["id"], model["version"] = found.id, 1
	canWrite := identityFrom(r.Context()).role.includes(RoleEditor)
	return writeJSON(w, http.StatusOK, map[string]any{
		"dashboard": model,
		"meta": map[string]any{
			"type": "db", "canSave": canWrite, "canEdit": canWrite, "canAdmin": canWrite, "canStar": false, "canDelete": canWrite,
			"slug": slug(found.title), "url": found.url(), "expires": time.Time{}, "created": s.started, "updated": s.started, "updatedBy": "Anonymous",
			"createdBy": "Anonymous", "version": 1, "hasAcl": false, "isFolder": false, "folderId": 0, "folderUid": "", "folderTitle": "General", "folderUrl": "",
			"provisioned": false, "provisionedExternalId": "", "isSnapshot": false, "isStarred": false,
			"annotationsPermissions": map[string]any{
				"dashboard":    map[string]bool{"canAdd": canWrite, "canEdit": canWrite, "canDelete": canWrite},
				"organization": map[string]bool{"canAdd": canWrite, "canEdit": canWrite, "canDelete": canWrite},
			},
		},
	})
}

// search answers GET /api/search over dashboards and folders.
func (s *Server) search(w http.ResponseWriter, r *http.Request) error {
	values, who := r.URL.Query(), identityFrom(r.Context())
	limit := defaultSearchLimit
	if text := values.Get("limit"); text != "" {
		parsed, err := strconv.Atoi(text)
		if err != nil {
			return badRequest("bad request data: limit is not a number", err)
		}
		limit = parsed
	}
	kind, text := values.Get("type"), strings.ToLower(values.Get("query"))
	hits := []map[string]any{}
	matches := func(title string) bool { return strings.Contains(strings.ToLower(title), text) }
	if (kind == "" || kind == "dash-folder") && len(values["tag"]) == 0 && len(values["dashboardUIDs"]) == 0 {
		s.store.read(func(state *state) {
			for _, f := range state.Folders {
				if matches(f.Title) && who.may(actionFoldersRead, "folders:uid:"+f.UID) {
					hits = append(hits, hit(f.ID, f.UID, f.Title, f.url(), "dash-folder", nil))
				}
			}
		})
	}
	if kind == "" || kind == "dash-db" {
		for _, d := range s.visibleDashboards() {
			tagged := !slices.ContainsFunc(values["tag"], func(tag string) bool { return !slices.Contains(d.tags, tag) })
			asked := len(values["dashboardUIDs"]) == 0 || slices.Contains(values["dashboardUIDs"], d.uid)
			if matches(d.title) && tagged && asked && who.may(actionDashboardsRead, "dashboards:uid:"+d.uid) {
				hits = append(hits, hit(d.id, d.uid, d.title, d.url(), "dash-db", d.tags))
			}
		}
	}
	return writeJSON(w, http.StatusOK, hits[:min(len(hits), limit)])
}

func hit(id int64, uid, title, url, kind string, tags []string) map[string]any {
	if tags == nil {
		tags = []string{}
	}
	return map[string]any{
		"id": id, "uid": uid, "title": title, "uri": "db/" + slug(title), "url": url, "slug": "", "type": kind, "tags": tags, "isStarred": false, "sortMeta": 0,
	}
}
