package evaluate

import (
	"context"

	"github.com/grafana/dskit/services"
)

// Evaluator is a dskit service: StartAsync begins to evaluate, StopAsync ends it.
type Evaluator struct {
	services.Service
	cfg Config
}

// New checks the configuration and makes an evaluator; it does nothing until it is started.
func New(cfg Config) (*Evaluator, error) {
	if err := cfg.defaults(); err != nil {
		return nil, err
	}
	e := &Evaluator{cfg: cfg}
	e.Service = services.NewBasicService(nil, e.run, nil).WithName("evaluator")
	return e, nil
}

func (e *Evaluator) run(ctx context.Context) error {
	<-ctx.Done()
	return nil
}
