// Package state is the file that makes two runs of the shop the same world.
package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/burnline/grafana-slo-app/dev/shop/model"
)

// version changes whenever the same configuration gives another world.
const version = 2

// State is what is kept between runs.
type State struct {
	// Version is the version of the model that the world was made with.
	Version int `json:"version"`
	// World fixes everything that happens.
	World model.Config `json:"world"`
	// Filled is the last tick that the history blocks hold (Unix seconds): live samples begin after it.
	Filled int64 `json:"filled"`
}

// Load reads a state; ok is false when there is none yet.
func Load(file string) (state State, ok bool, err error) {
	text, err := os.ReadFile(file)
	if errors.Is(err, os.ErrNotExist) {
		return State{}, false, nil
	}
	if err != nil {
		return State{}, false, fmt.Errorf("shop state: %w", err)
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return State{}, false, fmt.Errorf("shop state %s is damaged (%w): remove the demo's data directory to begin anew", file, err)
	}
	if state.Version != version {
		return State{}, false, fmt.Errorf("shop state %s is of another version of the shop: begin anew with `demo --fresh`, or without the demo's data directory", file)
	}
	return state, true, nil
}

// Save writes a state so that a crash leaves the old or the new one.
func Save(file string, state State) error {
	state.Version = version
	text, err := json.MarshalIndent(state, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return fmt.Errorf("shop state: %w", err)
	}
	tmp := file + ".new"
	if err := os.WriteFile(tmp, append(text, '\n'), 0o644); err != nil {
		return fmt.Errorf("shop state: %w", err)
	}
	return os.Rename(tmp, file)
}
