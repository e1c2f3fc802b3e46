package source

import (
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestErrorsNameSourceKindAndRemedy(t *testing.T) {
	cause := errors.New("connection refused")
	err := &Error{Kind: KindUnreachable, Source: "prom", Message: "no connection", Remedy: "start it", Err: cause}
	require.EqualError(t, err, `data source "prom": unreachable: no connection (start it)`)
	require.ErrorIs(t, err, cause)
	err.Remedy = ""
	require.EqualError(t, err, `data source "prom": unreachable: no connection`)
}

func TestOnlyWhatMayPassIsRetried(t *testing.T) {
	for kind, want := range map[ErrorKind]bool{
		KindUnreachable: true, KindTimeout: true, KindServerError: true, KindRateLimited: true, KindMalformed: true,
		KindBadQuery: false, KindDenied: false, KindNotFound: false, KindLimit: false,
	} {
		require.Equal(t, want, Retryable(fmt.Errorf("reading: %w", &Error{Kind: kind})), kind)
	}
	require.False(t, Retryable(errors.New("something else")))
}
