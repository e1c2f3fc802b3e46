package ledger

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/burnline/grafana-slo-app/pkg/budget"
)

// killedWriterPath makes the test binary a writer that goes on until it is killed.
const killedWriterPath = "BURNLINE_TEST_KILLED_WRITER"

// killedDocumentsPath makes it a writer of documents.
const killedDocumentsPath = "BURNLINE_TEST_KILLED_DOCUMENTS"

func killedKeys() []budget.Key {
	keys := make([]budget.Key, 20)
	for i := range keys {
		keys[i] = budget.Key{SLO: fmt.Sprintf("slo-%d", i)}
	}
	return keys
}

// appendUntilKilled appends one minute of all SLOs at a time and acknowledges each on its output.
func appendUntilKilled(path string) {
	w, err := OpenWriter(path)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	first := 0
	series, err := w.Series(context.Background(), killedKeys()[0])
	if err != nil {
		fmt.Println("error", err)
		return
	}
	if _, end, ok := series.Bounds(); ok {
		first = int(end-epoch) / 60
	}
	for minute := first; ; minute++ {
		var batches []Batch
		for _, key := range killedKeys() {
			// The last five minutes again, as late data is read again.
			from := max(0, minute-5)
			batches = append(batches, Batch{Key: key, Buckets: minutes(from, minute-from+1)})
		}
		if err := w.Append(context.Background(), batches); err != nil {
			fmt.Println("error", err)
			return
		}
		fmt.Println("acknowledged", minute)
	}
}

func TestAWriterKilledAHundredTimesLosesAndDoublesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("starts a hundred processes")
	}
	path := newPath(t)
	reader := openReader(t, path) // open through all of it, as the data source's process is
	random := rand.New(rand.NewPCG(7, 7))
	acknowledged := -1
	for round := range 100 {
		// The time until it dies counts from its first acknowledgement in most rounds, from its start in some.
		fromStart := round%4 == 0
		acknowledged = max(acknowledged, killWriter(t, killedWriterPath, path, fromStart, time.Duration(random.Int64N(int64(25*time.Millisecond)))))
		seen, err := reader.Series(context.Background(), killedKeys()[3])
		require.NoError(t, err)
		_, end, there := seen.Bounds()
		if !there {
			require.Negative(t, acknowledged, "a reader in another process sees nothing")
			continue // it died before its first write
		}
		require.GreaterOrEqual(t, end, epoch+60*int64(acknowledged+1), "a reader in another process misses an acknowledged minute")
		if round%10 != 9 {
			continue
		}
		w, err := OpenWriter(path)
		require.NoError(t, err)
		require.NoError(t, w.Check(context.Background()))
		for _, key := range killedKeys() {
			series, err := w.Series(context.Background(), key)
			require.NoError(t, err)
			_, end, _ := series.Bounds()
			last := int((end - epoch) / 60)
			require.GreaterOrEqual(t, last, acknowledged+1, "an acknowledged minute is lost")
			require.LessOrEqual(t, last, acknowledged+2, "at most the one that was not acknowledged yet is there")
			require.Equal(t, budget.NewSeries(minutes(0, last)...).Chunks(), series.Chunks())
		}
		require.NoError(t, w.Close())
	}
	t.Logf("%d minutes of %d SLOs acknowledged over 100 kills", acknowledged+1, len(killedKeys()))
	require.Greater(t, acknowledged, 100)
}

func killWriter(t *testing.T, mode, path string, fromStart bool, after time.Duration) (acknowledged int) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), mode+"="+path)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	kill := func() { time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) }
	if fromStart {
		kill()
	}
	acknowledged = -1
	for lines := bufio.NewScanner(out); lines.Scan(); {
		word, rest, _ := strings.Cut(lines.Text(), " ")
		require.Equal(t, "acknowledged", word, lines.Text())
		minute, err := strconv.Atoi(rest)
		require.NoError(t, err)
		if acknowledged < 0 && !fromStart {
			kill()
		}
		acknowledged = minute
	}
	_ = cmd.Wait()
	return acknowledged
}

// putUntilKilled writes one event at a time and the number of them, and acknowledges each on its output.
func putUntilKilled(path string) {
	w, err := OpenWriter(path)
	if err != nil {
		fmt.Println("error", err)
		return
	}
	ctx := context.Background()
	for {
		counter, _, err := w.Document(ctx, "counter", "n")
		n := 0
		if err == nil && counter.Revision > 0 {
			err = json.Unmarshal(counter.Body, &n)
		}
		if err == nil {
			_, err = w.PutDocument(ctx, document("alert-event", fmt.Sprint(n), hour(n), strconv.Itoa(n)))
		}
		if err == nil {
			counter.Collection, counter.ID, counter.Body = "counter", "n", json.RawMessage(strconv.Itoa(n+1))
			_, err = w.PutDocument(ctx, counter)
		}
		if err != nil {
			fmt.Println("error", err)
			return
		}
		fmt.Println("acknowledged", n)
	}
}

func TestAWriterOfDocumentsKilledThirtyTimesLosesNone(t *testing.T) {
	if testing.Short() {
		t.Skip("starts thirty processes")
	}
	path := newPath(t)
	reader := openReader(t, path)
	random := rand.New(rand.NewPCG(3, 3))
	acknowledged := -1
	for round := range 30 {
		acknowledged = max(acknowledged, killWriter(t, killedDocumentsPath, path, round%4 == 0, time.Duration(random.Int64N(int64(25*time.Millisecond)))))
		events, err := reader.Documents(t.Context(), "alert-event", time.Time{}, time.Time{})
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(events), acknowledged+1, "an acknowledged document is lost")
		require.LessOrEqual(t, len(events), acknowledged+3, "at most what was not acknowledged yet is there")
		for n, event := range events {
			require.Equal(t, strconv.Itoa(n), string(event.Body))
			require.Equal(t, hour(n), event.At)
		}
	}
	w := openWriter(t, path)
	require.NoError(t, w.Check(t.Context()))
	t.Logf("%d documents acknowledged over 30 kills", acknowledged+1)
	require.Greater(t, acknowledged, 30)
}
