package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"

	"github.com/grafana/dskit/backoff"
)

const (
	// ahead is how much more history than up to now is written: time to start Prometheus and the shop
	// without losing a sample between the two.
	ahead = 45 * time.Second
	// readyTimeout bounds the wait for a started part to answer.
	readyTimeout = 2 * time.Minute
)

// demo is the running demo.
type demo struct {
	options
	out       *console
	processes []*process
	// died receives why a part ended by itself.
	died chan error

	hostURL, prometheusURL, shopURL, pagerURL string
}

// addresses are where the parts listen.
type addresses struct{ host, prometheus, shop, pager string }

func (d *demo) start(ctx context.Context) error {
	d.died = make(chan error, 1)
	addresses, err := d.reserveAll()
	if err != nil {
		return err
	}
	prometheus, note, err := findPrometheus(d.bin)
	if err != nil {
		return err
	}
	if note != "" {
		d.out.say("! %s: %s is used", note, prometheus)
	}
	if err := d.requireFiles(); err != nil {
		return err
	}
	if err := d.prepareData(); err != nil {
		return err
	}
	if err := d.writeHistory(ctx); err != nil {
		return err
	}
	d.prometheusURL, d.shopURL, d.hostURL = "http://"+addresses.prometheus, "http://"+addresses.shop, "http://"+addresses.host
	if err := d.startPrometheus(prometheus, addresses.prometheus, addresses.shop); err != nil {
		return err
	}
	shop := exec.Command(executable(d.bin, "shop"), "serve", "--listen", addresses.shop, "--state", d.stateFile(), "--truth", d.truthDir())
	if err := d.launch("shop", shop); err != nil {
		return err
	}
	if err := d.await(ctx, "Prometheus", d.prometheusURL+"/-/ready"); err != nil {
		return err
	}
	if err := d.await(ctx, "demo shop", d.shopURL+"/"); err != nil {
		return err
	}
	d.pagerURL = "http://" + addresses.pager
	if err := d.launch("pager", exec.Command(executable(d.bin, "shop"), "pager", "--listen", addresses.pager)); err != nil {
		return err
	}
	if err := d.startHost(addresses.host); err != nil {
		return err
	}
	if err := d.await(ctx, "preview host with the plugin", d.hostURL+"/api/plugins/burnline-slo-app/resources/slos"); err != nil {
		return err
	}
	return d.teach(ctx)
}

// await shows the wait for a part.
func (d *demo) await(ctx context.Context, title, url string) error {
	step := d.out.begin(title)
	err := d.waitFor(ctx, url)
	step.end(err, "")
	if err != nil {
		return fmt.Errorf("%s: %w", title, err)
	}
	return nil
}

func (d *demo) reserveAll() (addresses, error) {
	host, err := reserve(d.listen, "", "listen")
	if err != nil {
		return addresses{}, err
	}
	preferred := addresses{prometheus: "127.0.0.1:9090", shop: "127.0.0.1:9464", pager: "127.0.0.1:9465"}
	if strings.HasSuffix(d.listen, ":0") {
		preferred = addresses{prometheus: anyPort, shop: anyPort, pager: anyPort}
	}
	prometheus, err := reserve(d.prometheus, preferred.prometheus, "prometheus-listen")
	if err != nil {
		return addresses{}, err
	}
	shop, err := reserve(d.shop, preferred.shop, "shop-listen")
	if err != nil {
		return addresses{}, err
	}
	pager, err := reserve("", preferred.pager, "")
	return addresses{host, prometheus, shop, pager}, err
}

// requireFiles names what is not built, before anything is started.
func (d *demo) requireFiles() error {
	var missing []error
	for path, remedy := range map[string]string{
		filepath.Join(d.dist, "plugin.json"):         "go tool mage build",
		filepath.Join(d.web, "index.html"):           "go tool mage hostWeb",
		executable(d.bin, "shop"):                    "go tool mage demo",
		filepath.Join(d.provisioning, "slos"):        "name the project's folder with --provisioning",
		filepath.Join(d.provisioning, "datasources"): "name the project's folder with --provisioning",
	} {
		if _, err := os.Stat(path); err != nil {
			missing = append(missing, fmt.Errorf("%s is missing: %s", path, remedy))
		}
	}
	return errors.Join(missing...)
}

func (d *demo) stateFile() string { return filepath.Join(d.data, "shop.json") }
func (d *demo) truthDir() string  { return filepath.Join(d.data, "truth") }

// prepareData forgets earlier runs when asked to, and refuses data whose world is unknown.
func (d *demo) prepareData() error {
	if d.fresh {
		for _, name := range []string{"prometheus", "truth", "shop.json", "burnline", "host"} {
			if err := os.RemoveAll(filepath.Join(d.data, name)); err != nil {
				return fmt.Errorf("--fresh: %w", err)
			}
		}
		return nil
	}
	_, noState := os.Stat(d.stateFile())
	if blocks, _ := filepath.Glob(filepath.Join(d.prometheusData(), "*", "meta.json")); len(blocks) > 0 && noState != nil {
		return fmt.Errorf("%s is gone, and without it the history beside it can't be continued: begin anew with --fresh", d.stateFile())
	}
	return nil
}

// writeHistory lets the shop fill Prometheus' data up to now: everything on the first run, the pause
// since the last run on later ones.
func (d *demo) writeHistory(ctx context.Context) (err error) {
	step := d.out.begin("history of the shop, as Prometheus blocks")
	summary := ""
	defer func() { step.end(err, summary) }()
	command := exec.CommandContext(ctx, executable(d.bin, "shop"), "history",
		"--out", d.prometheusData(), "--state", d.stateFile(), "--truth", d.truthDir(), "--target", "shop",
		"--days", strconv.Itoa(d.days), "--seed", strconv.FormatUint(d.seed, 10), "--ahead", ahead.String(), "--progress")
	command.SysProcAttr = childAttributes()
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = stopTimeout
	var complaints bytes.Buffer
	command.Stderr = &complaints
	output, err := command.StdoutPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return fmt.Errorf("the demo shop does not start: %w", err)
	}
	for lines := bufio.NewScanner(output); lines.Scan(); {
		line := lines.Text()
		if share, ok := strings.CutPrefix(line, "progress "); ok {
			if value, err := strconv.ParseFloat(share, 64); err == nil {
				step.update(value, "")
			}
			continue
		}
		summary, _, _ = strings.Cut(strings.TrimPrefix(line, "history: "), ", in ")
	}
	if err := command.Wait(); err != nil {
		return fmt.Errorf("the shop's history could not be written: %w\n%s", err, strings.TrimSpace(complaints.String()))
	}
	return nil
}

func (d *demo) startHost(address string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	command := exec.Command(self, hostCommand,
		"--dist", d.dist, "--web", d.web, "--provisioning", d.provisioning, "--data", filepath.Join(d.data, "host"),
		"--listen", address, "--plugin-setting", "data_dir="+filepath.Join(d.data, "burnline"))
	command.Env = append(os.Environ(), "PROMETHEUS_URL="+d.prometheusURL, "PAGER_URL="+d.pagerURL, "BURNLINE_URL="+d.hostURL, "BURNLINE_WEBHOOK_TOKEN=",
		"SLACK_WEBHOOK_URL=https://slack.example.com/not-set", "PAGERDUTY_INTEGRATION_KEY=not-set", "IRM_INTEGRATION_URL=https://irm.example.com/not-set")
	return d.launch("host", command)
}

// waitFor asks a part until it answers.
func (d *demo) waitFor(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	wait := backoff.New(ctx, backoff.Config{MinBackoff: 50 * time.Millisecond, MaxBackoff: time.Second})
	var last error
	for wait.Ongoing() {
		select {
		case err := <-d.died:
			return err
		default:
		}
		if last = answers(ctx, url); last == nil {
			return nil
		}
		wait.Wait()
	}
	return fmt.Errorf("no good answer within %s: %w", readyTimeout, last)
}

func answers(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, answer.Status)
	}
	return nil
}

// stop ends everything, the last started first.
func (d *demo) stop() error {
	var errs []error
	for i := len(d.processes) - 1; i >= 0; i-- {
		errs = append(errs, d.processes[i].stop())
	}
	return errors.Join(errs...)
}

// greet says where everything is, and opens a browser for somebody who sits at a screen.
func (d *demo) greet() {
	d.out.say(`
Burnline runs with the shop's last 30 days; the ledger fills in over the next minute.

  All SLOs     %[1]s/a/burnline-slo-app
  Dashboards   %[1]s/d/burnline-portfolio
  Prometheus   %[2]s
  Shop         %[3]s   (what really happened, and how to break it)
  Pager        %[5]s   (what the page alerts sent)
  Data, logs   %[4]s

Ctrl-C ends it; the next start takes seconds.`, d.hostURL, d.prometheusURL, d.shopURL, d.data, d.pagerURL)
	if d.noOpen || !d.out.terminal {
		return
	}
	url := d.hostURL + "/a/burnline-slo-app"
	switch {
	case runtime.GOOS == "darwin":
		_ = exec.Command("open", url).Start()
	case runtime.GOOS == "windows":
		_ = exec.Command("rundll32", "url.dll,FileProtocolHandler", url).Start()
	case os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != "":
		_ = exec.Command("xdg-open", url).Start()
	}
}
