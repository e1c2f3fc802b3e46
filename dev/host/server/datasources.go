package server

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/grafana/grafana-plugin-sdk-go/backend"
)

// dataSource is a data source instance. Secure values never leave the host except to the plugin and the proxied server.
type dataSource struct {
	ID            int64             `json:"id"`
	UID           string            `json:"uid"`
	OrgID         int64             `json:"orgId"`
	Name          string            `json:"name"`
	Type          string            `json:"type"`
	Access        string            `json:"access"`
	URL           string            `json:"url"`
	User          string            `json:"user"`
	Database      string            `json:"database"`
	BasicAuth     bool              `json:"basicAuth"`
	BasicAuthUser string            `json:"basicAuthUser"`
	IsDefault     bool              `json:"isDefault"`
	JSONData      map[string]any    `json:"jsonData"`
	Secure        map[string]string `json:"secure,omitempty"`
	ReadOnly      bool              `json:"readOnly"`
	Provisioned   bool              `json:"provisioned"`
	Version       int               `json:"version"`
	Updated       time.Time         `json:"updated"`
}

// settings is the instance as a plugin process sees it.
func (d *dataSource) settings() (*backend.DataSourceInstanceSettings, error) {
	jsonData, err := json.Marshal(orEmpty(d.JSONData))
	if err != nil {
		return nil, fmt.Errorf("data source %s: jsonData: %w", d.UID, err)
	}
	return &backend.DataSourceInstanceSettings{
		ID: d.ID, UID: d.UID, Type: d.Type, Name: d.Name, URL: d.URL, User: d.User, Database: d.Database, BasicAuthEnabled: d.BasicAuth,
		BasicAuthUser: d.BasicAuthUser, JSONData: jsonData, DecryptedSecureJSONData: maps.Clone(d.Secure), Updated: d.Updated,
	}, nil
}

func orEmpty(m map[string]any) map[string]any {
	if m == nil {
		return map[string]any{}
	}
	return m
}

// dto is the instance as the API shows it; a listing leaves some of it out.
func (s *Server) dto(d *dataSource, listing bool) map[string]any {
	dto := map[string]any{
		"id": d.ID, "uid": d.UID, "orgId": d.OrgID, "name": d.Name, "type": d.Type, "typeLogoUrl": s.logoOf(d.Type),
		"access": d.Access, "url": d.URL, "user": d.User, "database": d.Database, "basicAuth": d.BasicAuth,
		"isDefault": d.IsDefault, "jsonData": orEmpty(d.JSONData), "readOnly": d.ReadOnly,
	}
	if listing {
		dto["typeName"] = s.nameOfType(d.Type)
		return dto
	}
	secureFields := map[string]bool{}
	for key := range d.Secure {
		secureFields[key] = true
	}
	dto["basicAuthUser"] = d.BasicAuthUser
	dto["secureJsonFields"] = secureFields
	dto["version"] = d.Version
	dto["withCredentials"] = false
	return dto
}

func (s *Server) logoOf(pluginType string) string {
	if plugin, ok := s.byID[pluginType]; ok {
		if logos, ok := plugin.info()["logos"].(map[string]any); ok {
			if small, ok := logos["small"].(string); ok {
				return small
			}
		}
	}
	return "public/build/img/icons/unicons/database.svg"
}

func (s *Server) nameOfType(pluginType string) string {
	if plugin, ok := s.byID[pluginType]; ok {
		return plugin.Name
	}
	return pluginType
}

// dataSources are all instances, by name.
func (s *Server) dataSources() []*dataSource {
	var all []*dataSource
	s.store.read(func(state *state) {
		all = slices.SortedFunc(maps.Values(state.DataSources), func(a, b *dataSource) int { return cmp.Compare(a.Name, b.Name) })
	})
	return all
}

func (s *Server) dataSource(uid string) (*dataSource, error) {
	var found *dataSource
	s.store.read(func(state *state) { found = state.DataSources[uid] })
	if found == nil {
		return nil, notFound("Data source not found")
	}
	return found, nil
}

func (s *Server) listDataSources(w http.ResponseWriter, r *http.Request) error {
	list := []any{}
	who := identityFrom(r.Context())
	for _, source := range s.dataSources() {
		if who.may(actionDataSourcesRead, "datasources:uid:"+source.UID) {
			list = append(list, s.dto(source, true))
		}
	}
	return writeJSON(w, http.StatusOK, list)
}

func (s *Server) getDataSource(w http.ResponseWriter, r *http.Request) error {
	source, err := s.dataSource(r.PathValue("uid"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, s.dto(source, false))
}

type dataSourceCommand struct {
	UID            string            `json:"uid"`
	Name           string            `json:"name"`
	Type           string            `json:"type"`
	Access         string            `json:"access"`
	URL            string            `json:"url"`
	User           string            `json:"user"`
	Database       string            `json:"database"`
	BasicAuth      bool              `json:"basicAuth"`
	BasicAuthUser  string            `json:"basicAuthUser"`
	IsDefault      bool              `json:"isDefault"`
	JSONData       map[string]any    `json:"jsonData"`
	SecureJSONData map[string]string `json:"secureJsonData"`
}

func (c dataSourceCommand) check() error {
	if c.Name == "" || c.Type == "" {
		return badRequest("name and type are required", nil)
	}
	return nil
}

// applyTo replaces the instance's settings. Secure values that the command does not mention stay.
func (c dataSourceCommand) applyTo(source *dataSource) {
	source.Name, source.Type, source.Access = c.Name, c.Type, cmp.Or(c.Access, "proxy")
	source.URL, source.User, source.Database = c.URL, c.User, c.Database
	source.BasicAuth, source.BasicAuthUser, source.IsDefault = c.BasicAuth, c.BasicAuthUser, c.IsDefault
	source.JSONData = c.JSONData
	if source.Secure == nil {
		source.Secure = map[string]string{}
	}
	maps.Copy(source.Secure, c.SecureJSONData)
	source.Updated = time.Now().UTC()
	source.Version++
}

func (s *Server) createDataSource(w http.ResponseWriter, r *http.Request) error {
	var command dataSourceCommand
	if err := readJSON(r, &command); err != nil {
		return err
	}
	if err := command.check(); err != nil {
		return err
	}
	source := &dataSource{UID: cmp.Or(command.UID, uuid.NewString()[:14]), OrgID: 1}
	command.applyTo(source)
	err := s.store.change(func(state *state) error {
		for _, other := range state.DataSources {
			if other.Name == source.Name || other.UID == source.UID {
				return &apiError{Status: http.StatusConflict, Message: "data source with the same name or uid already exists"}
			}
		}
		source.ID = state.newID()
		state.DataSources[source.UID] = source
		return nil
	})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"id": source.ID, "name": source.Name, "message": "Datasource added", "datasource": s.dto(source, false),
	})
}

func (s *Server) updateDataSource(w http.ResponseWriter, r *http.Request) error {
	var command dataSourceCommand
	if err := readJSON(r, &command); err != nil {
		return err
	}
	if err := command.check(); err != nil {
		return err
	}
	old, err := s.dataSource(r.PathValue("uid"))
	if err != nil {
		return err
	}
	if old.ReadOnly {
		return &apiError{Status: http.StatusForbidden, Message: "Cannot update read-only data source"}
	}
	fresh := *old
	fresh.Secure = maps.Clone(old.Secure)
	command.applyTo(&fresh)
	if err := s.store.change(func(state *state) error { state.DataSources[fresh.UID] = &fresh; return nil }); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{
		"id": fresh.ID, "name": fresh.Name, "message": "Datasource updated", "datasource": s.dto(&fresh, false),
	})
}

func (s *Server) deleteDataSource(w http.ResponseWriter, r *http.Request) error {
	source, err := s.dataSource(r.PathValue("uid"))
	if err != nil {
		return err
	}
	if source.ReadOnly {
		return &apiError{Status: http.StatusForbidden, Message: "Cannot delete read-only data source"}
	}
	if err := s.store.change(func(state *state) error { delete(state.DataSources, source.UID); return nil }); err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, map[string]any{"id": source.ID, "message": "Data source deleted"})
}
