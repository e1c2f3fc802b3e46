package faults

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/grafana/dskit/services"
	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/dev/promtest"
	"github.com/burnline/grafana-slo-app/pkg/budget"
	"github.com/burnline/grafana-slo-app/pkg/ledger"
)

// The environment of a child: the test binary, run as an evaluating process.
const (
	childDir    = "BURNLINE_FAULTS_DIR"
	childSource = "BURNLINE_FAULTS_SOURCE"
	childClock  = "BURNLINE_FAULTS_CLOCK"
	kills       = 100
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		if err := evaluateUntilKilled(dir); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

func evaluateUntilKilled(dir string) error {
	now, err := time.Parse(time.RFC3339Nano, os.Getenv(childClock))
	if err != nil {
		return err
	}
	lock, err := ledger.AcquireLock(dir)
	if err != nil {
		return err
	}
	defer func() { _ = lock.Release() }()
	_, loop, err := evaluation(dir, os.Getenv(childSource), at(now))
	if err != nil {
		return err
	}
	if err := services.StartAndAwaitRunning(context.Background(), loop); err != nil {
		return err
	}
	fmt.Println("running")
	return loop.AwaitTerminated(context.Background())
}

func TestAProcessKilledAHundredTimesLosesAndDoublesNothing(t *testing.T) {
	now := time.Now()
	server := promtest.Start(t, promtest.Config{}, history(now)...)
	want := undisturbed(t, server, now)
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(dir+"/slos.yaml", []byte(definitions), 0o600))

	for life := range kills {
		// The lives are spread over the window, so that live readings and backfill are both hit.
		clock := now.Add(-window + window*time.Duration(life)/kills)
		child := exec.Command(os.Args[0]) //nolint:gosec // this test itself
		child.Env = append(os.Environ(), childDir+"="+dir, childSource+"="+server.URL, childClock+"="+clock.Format(time.RFC3339Nano))
		output, err := child.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, child.Start())
		lines := bufio.NewScanner(output)
		require.True(t, lines.Scan(), "the child says nothing in life %d", life)
		require.Equal(t, "running", lines.Text(), "life %d", life)
		time.Sleep(rand.N(120 * time.Millisecond)) //nolint:gosec // chance, not secrecy
		require.NoError(t, child.Process.Kill())
		_ = child.Wait()
	}

	// What the killed lives left is true as far as it goes…
	reader, err := ledger.OpenReader(dir + "/ledger.db")
	require.NoError(t, err)
	truth := map[string]map[int64]budget.Bucket{"errors": {}, "depth": {}}
	for id, all := range want {
		for _, b := range all {
			truth[id][b.Start] = b
		}
	}
	left := 0
	for id, all := range buckets(t, reader, budget.AlignDown(now)) {
		for _, b := range all {
			require.Equal(t, truth[id][b.Start], b, "%s after %d kills", id, kills)
			left++
		}
	}
	require.NoError(t, reader.Close())
	require.Positive(t, left, "the killed processes got something done")

	// … and one undisturbed life completes it.
	store, _ := begin(t, dir, server.URL, at(now))
	require.Equal(t, want, caughtUp(t, store, budget.AlignDown(now)))
	require.NoError(t, store.Check(context.Background()))
}
