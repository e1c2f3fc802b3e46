package plugin

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnAnswerIsSharedForAMomentAndAFailureIsNot(t *testing.T) {
	var s shared[int]
	reads := 0
	read := func() (int, error) {
		reads++
		if reads == 1 {
			return 0, errors.New("not now")
		}
		return reads, nil
	}
	now := time.Unix(1_790_000_000, 0)
	_, err := s.get(now, time.Second, read)
	require.Error(t, err)
	for range 3 {
		got, err := s.get(now, time.Second, read)
		require.NoError(t, err)
		require.Equal(t, 2, got)
	}
	got, err := s.get(now.Add(time.Second), time.Second, read)
	require.NoError(t, err)
	require.Equal(t, 3, got)
	got, err = s.get(now.Add(-time.Hour), time.Second, read)
	require.NoError(t, err)
	require.Equal(t, 4, got, "a clock that was set back makes nothing old")
}
