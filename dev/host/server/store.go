package server

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const stateFile = "host.json"

// state is what users change through the API: it survives a restart in one small file, as Grafana's does in its database.
type state struct {
	NextID         int64                   `json:"nextId"`
	ServiceSecrets map[string]string       `json:"serviceSecrets"`
	Folders        []*folder               `json:"folders"`
	Annotations    []*annotation           `json:"annotations"`
	DataSources    map[string]*dataSource  `json:"dataSources"`
	Apps           map[string]*appSettings `json:"apps"`
	AlertRules     []*alertRule            `json:"alertRules,omitempty"`
	// ContactPoints is nil until the host has run once: then it gets Grafana's default one.
	ContactPoints []*contactPoint `json:"contactPoints,omitempty"`
}

type appSettings struct {
	Enabled        bool              `json:"enabled"`
	Pinned         bool              `json:"pinned"`
	JSONData       map[string]any    `json:"jsonData"`
	SecureJSONData map[string]string `json:"secureJsonData,omitempty"`
	Updated        time.Time         `json:"updated"`
}

// store guards the state. Every change is written before it is answered.
type store struct {
	file string

	mu sync.RWMutex
	state
}

func openStore(dir string) (*store, error) {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fmt.Errorf("host data folder: %w", err)
	}
	s := &store{file: filepath.Join(dir, stateFile)}
	content, err := os.ReadFile(s.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("host state: %w", err)
	default:
		if err := json.Unmarshal(content, &s.state); err != nil {
			return nil, fmt.Errorf("host state %s is damaged: remove it to start afresh (%w)", s.file, err)
		}
	}
	if s.ServiceSecrets == nil {
		s.ServiceSecrets = map[string]string{}
	}
	if s.DataSources == nil {
		s.DataSources = map[string]*dataSource{}
	}
	if s.Apps == nil {
		s.Apps = map[string]*appSettings{}
	}
	s.addDefaultContactPoint()
	return s, nil
}

// change applies fn and writes the result; when fn fails nothing is written.
func (s *store) change(fn func(*state) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := fn(&s.state); err != nil {
		return err
	}
	content, err := json.MarshalIndent(&s.state, "", "  ")
	if err != nil {
		return fmt.Errorf("encode host state: %w", err)
	}
	// Written beside and renamed: a host that is killed in the middle leaves the old state.
	fresh := s.file + ".new"
	if err := os.WriteFile(fresh, content, 0o600); err != nil {
		return fmt.Errorf("write host state: %w", err)
	}
	if err := os.Rename(fresh, s.file); err != nil {
		return fmt.Errorf("write host state: %w", err)
	}
	return nil
}

func (s *store) read(fn func(*state)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	fn(&s.state)
}

func (s *state) newID() int64 {
	s.NextID++
	return s.NextID
}
