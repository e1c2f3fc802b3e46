// Command demo shows the product with real servers on loopback: a Prometheus with 30 days of the demo
// shop's history, the live shop, and the preview host with the built plugin. `go tool mage demo` builds
// what it needs and runs it. With --check it compares the ledger's numbers with the shop's truth instead.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/burnline/grafana-slo-app/dev/host/server"
)

// hostCommand makes this program the preview host. It is a process of its own, so that it can end the
// plugin's processes even when the demo is killed.
const hostCommand = "host"

// options are the command line.
type options struct {
	data, dist, web, provisioning, bin string
	listen, prometheus, shop           string
	check, fresh, noOpen               bool
	report, execute                    string
	timeout                            time.Duration
	days                               int
	seed                               uint64
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == hostCommand {
		exit(server.Command(os.Args[2:]))
	}
	o, err := parse(os.Args[1:])
	if err != nil {
		exit(err)
	}
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it: then the demo outlives its terminal
		signals = append(signals, syscall.SIGHUP)
	}
	ctx, stop := signal.NotifyContext(context.Background(), signals...)
	defer stop()
	exit(run(ctx, o))
}

func exit(err error) {
	if err == nil || errors.Is(err, flag.ErrHelp) {
		os.Exit(0)
	}
	fmt.Fprintln(os.Stderr, "demo:", err)
	os.Exit(1)
}

func parse(args []string) (options, error) {
	var o options
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.StringVar(&o.data, "data", "dev/out/demo", "`folder` of everything that the demo keeps")
	flags.StringVar(&o.dist, "dist", "dist", "`folder` of the built plugin")
	flags.StringVar(&o.web, "web", "dev/out/host-web", "`folder` of the preview host's page")
	flags.StringVar(&o.provisioning, "provisioning", "provisioning", "`folder` in the layout of Grafana's provisioning")
	flags.StringVar(&o.bin, "bin", "dev/bin", "`folder` with shop, and prometheus where PATH has none")
	flags.StringVar(&o.listen, "listen", "127.0.0.1:3000", "`address` of the preview host; port 0 takes any free ports for everything")
	flags.StringVar(&o.prometheus, "prometheus-listen", "", "`address` of Prometheus (default 127.0.0.1:9090, or any free port where that is taken)")
	flags.StringVar(&o.shop, "shop-listen", "", "`address` of the shop (default 127.0.0.1:9464, or any free port where that is taken)")
	flags.BoolVar(&o.check, "check", false, "wait until the ledger has caught up, compare it with the truth, and end")
	flags.BoolVar(&o.fresh, "fresh", false, "forget the history and the ledger of earlier runs")
	flags.BoolVar(&o.noOpen, "no-open", false, "do not open a browser")
	flags.StringVar(&o.report, "report", "dev/out/demo-check.json", "`file` for the result of --check")
	flags.StringVar(&o.execute, "exec", "", "`command` to run against the running demo (BURNLINE_URL, PROMETHEUS_URL, SHOP_URL and PAGER_URL are set); the demo ends with it")
	flags.DurationVar(&o.timeout, "timeout", 10*time.Minute, "how long --check waits for the ledger")
	flags.IntVar(&o.days, "days", 31, "length of a new history: the longest window and a day")
	flags.Uint64Var(&o.seed, "seed", 1, "seed of a new history")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	for _, path := range []*string{&o.data, &o.dist, &o.web, &o.provisioning, &o.bin, &o.report} {
		absolute, err := filepath.Abs(*path)
		if err != nil {
			return o, err
		}
		*path = absolute
	}
	return o, nil
}

func run(ctx context.Context, o options) (err error) {
	// Children must not outlive us: each of them asks the system to end it with the thread that started
	// it, so this thread stays until all are gone.
	runtime.LockOSThread()
	if err := os.MkdirAll(o.data, 0o755); err != nil {
		return fmt.Errorf("data folder: %w", err)
	}
	unlock, err := lockFile(filepath.Join(o.data, "lock"))
	if err != nil {
		return fmt.Errorf("a demo already runs on %s: end it first, or choose another folder with --data (%w)", o.data, err)
	}
	defer unlock()
	d := &demo{options: o, out: newConsole(os.Stderr)}
	defer func() { err = errors.Join(err, d.stop()) }()
	if err := d.start(ctx); err != nil {
		return d.explain(ctx, err)
	}
	if o.check {
		if err := errors.Join(d.checkLedger(ctx), d.checkAlerts(ctx)); err != nil {
			return d.explain(ctx, err)
		}
	}
	if o.execute != "" {
		return d.explain(ctx, d.runCommand(ctx))
	}
	if o.check {
		return nil
	}
	d.greet()
	select {
	case <-ctx.Done():
		d.out.say("ending the demo; its data stays in %s", d.data)
		return nil
	case err := <-d.died:
		return err
	}
}

// explain prefers the reason why a part died over what somebody else noticed of it, and takes an
// interrupt for what it is.
func (d *demo) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	select {
	case died := <-d.died:
		return died
	default:
		return err
	}
}

// runCommand runs --exec with the demo's addresses.
func (d *demo) runCommand(ctx context.Context) error {
	shell, option := "sh", "-c"
	if runtime.GOOS == "windows" {
		shell, option = "cmd", "/c"
	}
	command := exec.CommandContext(ctx, shell, option, d.execute)
	command.Env = append(os.Environ(), "BURNLINE_URL="+d.hostURL, "PROMETHEUS_URL="+d.prometheusURL, "SHOP_URL="+d.shopURL, "PAGER_URL="+d.pagerURL)
	command.Stdin, command.Stdout, command.Stderr = os.Stdin, os.Stdout, os.Stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = stopTimeout
	if err := command.Run(); err != nil {
		return fmt.Errorf("%s: %w", d.execute, err)
	}
	return nil
}
