//go:build mage

// Burnline's commands: `go tool mage -l` lists them. Steps are skipped by content, never by time
// stamp, so that a second run is quick and a fresh clone needs Go and Node only.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/magefile/mage/mg"

	"github.com/burnline/grafana-slo-app/dev/build"
)

const (
	pluginMain = "./pkg/cmd/plugin"
	cliMain    = "./pkg/cmd/burnline"
	// pluginTags are those of Grafana's own plugin builds: Arrow with the standard library's JSON.
	pluginTags = "arrow_json_stdlib"
	// prometheusTags leave out service discoveries, some of which need modules that not every proxy serves.
	prometheusTags = "remove_all_sd,netgo"
	chromiumPath   = "/usr/bin/chromium"
	// vulnerabilityDatabase is what govulncheck and its users rely on; closed networks do not reach it.
	vulnerabilityDatabase = "https://vuln.go.dev/index/db.json"
)

// goPackages leave out the Go files that npm packages bring.
var goPackages = []string{"./pkg/...", "./dev/..."}

// Aliases are the names of commands that a namespace would otherwise hide.
var Aliases = map[string]any{"demo": Demo.Run, "bench": Bench.Run}

// Demo shows the product with real servers and 30 days of history.
type Demo mg.Namespace

// Run builds everything, starts real servers and the demo shop, and serves the product on loopback.
func (Demo) Run(ctx context.Context) error {
	mg.CtxDeps(ctx, demoParts)
	err := build.Run(ctx, build.Cmd(bin("demo")))
	if ctx.Err() != nil {
		return nil // Ctrl-C is how a demo ends
	}
	return err
}

// Check compares the ledger's numbers with the shop's truth, an SLO a line, and fails on a difference.
func (Demo) Check(ctx context.Context) error {
	mg.CtxDeps(ctx, demoParts)
	return build.Run(ctx, build.Cmd(bin("demo"), "--check", "--listen", "127.0.0.1:0"))
}

// Bench measures.
type Bench mg.Namespace

// Run runs the benchmarks and prints them as a table of ratios.
func (Bench) Run(ctx context.Context) error {
	mg.CtxDeps(ctx, goBinaries)
	if err := buildProgram(ctx, "bench"); err != nil {
		return err
	}
	return build.Run(ctx, build.Cmd(bin("bench")))
}

// Build makes dist/, ready for Grafana, for this machine's system and processor.
func Build(ctx context.Context) error {
	mg.CtxDeps(ctx, Frontend)
	return buildPlugin(ctx, runtime.GOOS, runtime.GOARCH)
}

// Release makes dist/ for every system that Grafana runs on, and the command line beside it in dev/out/cli.
func Release(ctx context.Context) error {
	mg.CtxDeps(ctx, Frontend)
	for _, target := range []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"} {
		system, processor, _ := strings.Cut(target, "/")
		if err := buildPlugin(ctx, system, processor, "-trimpath"); err != nil {
			return err
		}
		name := fmt.Sprintf("burnline_%s_%s", system, processor)
		if system == "windows" {
			name += ".exe"
		}
		if err := buildCLI(ctx, system, processor, filepath.Join("dev/out/cli", name), "-trimpath"); err != nil {
			return err
		}
	}
	return nil
}

// buildPlugin keeps to the flags of the other programs unless told otherwise: what they share is then compiled once.
func buildPlugin(ctx context.Context, system, processor string, flags ...string) error {
	name := fmt.Sprintf("gpx_burnline_slo_%s_%s", system, processor)
	if system == "windows" {
		name += ".exe"
	}
	return build.GoBuild{
		Title: "plugin backend for " + system + "/" + processor, Out: filepath.Join("dist", name), Packages: []string{pluginMain},
		Args: append([]string{"-tags", pluginTags, "-ldflags=-s -w"}, flags...),
		Env:  []string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + processor},
	}.Run(ctx)
}

// Frontend builds the browser's part of dist/.
func Frontend(ctx context.Context) error {
	mg.CtxDeps(ctx, NodeModules)
	inputs := []string{"src", "dashboards", "plugin.json", "webpack.config.mjs", "tsconfig.json", "package.json", "package-lock.json", "README.md", "CHANGELOG.md"}
	return build.Cached(ctx, "plugin frontend", "dist/module.js", inputs, build.Cmd("npm", "run", "build"))
}

// HostWeb builds the preview host's page.
func HostWeb(ctx context.Context) error {
	mg.CtxDeps(ctx, NodeModules)
	inputs := []string{"dev/host/web", "package.json", "package-lock.json"}
	return build.Cached(ctx, "preview host page", "dev/out/host-web/index.html", inputs, build.Cmd("npm", "run", "build:host"))
}

// NodeModules installs the packages of package-lock.json.
func NodeModules(ctx context.Context) error {
	return build.Cached(ctx, "npm packages", "node_modules/.package-lock.json", []string{"package-lock.json"},
		build.Cmd("npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"))
}

// Prometheus builds a real Prometheus and promtool into dev/bin, unless PATH has both, recent enough.
func Prometheus(ctx context.Context) error {
	if onPath("promtool") && recentPrometheus(ctx) {
		return nil
	}
	return build.GoBuild{
		Title: "Prometheus", Dir: "dev/shop", Out: absolute("dev/bin") + "/", Args: []string{"-tags", prometheusTags},
		Env:      []string{"CGO_ENABLED=0"},
		Packages: []string{"github.com/prometheus/prometheus/cmd/prometheus", "github.com/prometheus/prometheus/cmd/promtool"},
	}.Run(ctx)
}

// recentPrometheus reports whether PATH has version 3.8 or later: the demo's scrape configuration asks
// for native histograms by that version's setting.
func recentPrometheus(ctx context.Context) bool {
	out, err := exec.CommandContext(ctx, "prometheus", "--version").Output()
	if err != nil {
		return false
	}
	var major, minor int
	if _, err := fmt.Sscanf(string(out), "prometheus, version %d.%d", &major, &minor); err != nil {
		return false
	}
	return major > 3 || major == 3 && minor >= 8
}

// goBinaries are built one after the other: they share most of their packages.
func goBinaries(ctx context.Context) error {
	mg.SerialCtxDeps(ctx, Prometheus)
	shop := build.GoBuild{Title: "demo shop", Dir: "dev/shop", Out: bin("shop"), Args: []string{"-tags", prometheusTags}, Env: []string{"CGO_ENABLED=0"}, Packages: []string{"."}}
	if err := shop.Run(ctx); err != nil {
		return err
	}
	if err := buildPlugin(ctx, runtime.GOOS, runtime.GOARCH); err != nil {
		return err
	}
	return errors.Join(buildCLI(ctx, runtime.GOOS, runtime.GOARCH, bin("burnline")), buildProgram(ctx, "demo"))
}

// CLI builds the burnline command line into dev/bin.
func CLI(ctx context.Context) error {
	return buildCLI(ctx, runtime.GOOS, runtime.GOARCH, bin("burnline"))
}

// buildCLI makes one static program, without anything of the plugin's.
func buildCLI(ctx context.Context, system, processor, out string, flags ...string) error {
	return build.GoBuild{
		Title: "burnline for " + system + "/" + processor, Out: out, Packages: []string{cliMain},
		Args: append([]string{"-tags", pluginTags, "-ldflags=-s -w"}, flags...),
		Env:  []string{"CGO_ENABLED=0", "GOOS=" + system, "GOARCH=" + processor},
	}.Run(ctx)
}

// buildProgram builds a developers' program.
func buildProgram(ctx context.Context, name string) error {
	return build.GoBuild{
		Title: "dev/" + name, Out: bin(name), Packages: []string{"./dev/" + name},
		Args: []string{"-tags", pluginTags}, Env: []string{"CGO_ENABLED=0"},
	}.Run(ctx)
}

func demoParts(ctx context.Context) error {
	mg.CtxDeps(ctx, goBinaries, Frontend, HostWeb)
	return nil
}

// Test runs every test: Go with the race detector against real servers, TypeScript, and the browser's
// against the demo. It installs what it needs.
func Test(ctx context.Context) error {
	mg.SerialCtxDeps(ctx, chromium, demoParts)
	steps := []build.Command{
		build.Cmd("go", append([]string{"test", "-race", "-tags", pluginTags, "-timeout", "20m"}, goPackages...)...),
		{Dir: "dev/shop", Name: "go", Args: []string{"test", "-tags", prometheusTags, "./..."}},
		build.Cmd("npm", "test"),
		// A data folder of its own, so that a demo that someone looks at is left alone.
		build.Cmd(bin("demo"), "--check", "--data", "dev/out/test-demo", "--fresh", "--listen", "127.0.0.1:0", "--exec", "npm run test:browser"),
	}
	for _, step := range steps {
		if err := build.Run(ctx, step); err != nil {
			return err
		}
	}
	return nil
}

// Check runs the formatters, linters, type checks, vulnerability and dead-code checks, and validates docker-compose.yaml.
func Check(ctx context.Context) error {
	mg.CtxDeps(ctx, NodeModules, lintTools)
	config := absolute(".golangci.yml")
	steps := []struct {
		title   string
		command build.Command
	}{
		{"go.mod is tidy", build.Cmd("go", "mod", "tidy", "-diff")},
		{"Go formatters", build.Cmd(bin("golangci-lint"), "fmt", "--diff", "--config", config, "pkg", "dev", "Magefile.go")},
		{"Go linters", build.Cmd(bin("golangci-lint"), append([]string{"run", "--config", config, "--build-tags", pluginTags}, goPackages...)...)},
		{"Go linters (shop)", build.Command{Dir: "dev/shop", Name: bin("golangci-lint"), Args: []string{"run", "--config", config, "--build-tags", prometheusTags}}},
		{"TypeScript types", build.Cmd("npm", "run", "--silent", "typecheck")},
		{"TypeScript linters", build.Cmd("npm", "run", "--silent", "lint")},
		{"TypeScript format", build.Cmd("npm", "run", "--silent", "format:check")},
		// The Compose Specification's own validator; its program is called cmd.
		{"docker-compose.yaml", build.Cmd(bin("cmd"), "docker-compose.yaml")},
		{"TypeScript dead code", build.Cmd("npm", "run", "--silent", "deadcode")},
	}
	var failures []error
	for _, step := range steps {
		if err := build.Quiet(ctx, step.title, step.command); err != nil {
			failures = append(failures, err)
		}
	}
	failures = append(failures, goDeadCode(ctx), vulnerabilities(ctx))
	return errors.Join(failures...)
}

func lintTools(ctx context.Context) error {
	return build.GoBuild{Title: "linters", Dir: "dev/lint", Out: absolute("dev/bin") + "/", Packages: []string{"tool"}}.Run(ctx)
}

// goDeadCode fails on functions that neither a program nor a test reaches. Magefile.go is not seen by
// the analysis, so what only it calls is left out.
func goDeadCode(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, bin("deadcode"), append([]string{"-test"}, goPackages...)...).Output()
	if err != nil {
		return fmt.Errorf("dead code: %w", err)
	}
	var dead []string
	for line := range strings.Lines(string(out)) {
		if !strings.HasPrefix(filepath.ToSlash(line), "dev/build/") {
			dead = append(dead, strings.TrimSpace(line))
		}
	}
	if len(dead) > 0 {
		return fmt.Errorf("dead code in Go; remove it:\n%s", strings.Join(dead, "\n"))
	}
	return nil
}

// vulnerabilities asks the public databases; where they cannot be reached it says so and goes on.
func vulnerabilities(ctx context.Context) error {
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Head(vulnerabilityDatabase)
	if err != nil {
		fmt.Fprintln(os.Stderr, "! vulnerability check left out: the database at vuln.go.dev cannot be reached from here")
		return nil
	}
	_ = answer.Body.Close()
	return errors.Join(
		build.Quiet(ctx, "Go vulnerabilities", build.Cmd(bin("govulncheck"), goPackages...)),
		build.Quiet(ctx, "npm vulnerabilities", build.Cmd("npm", "audit", "--omit=dev", "--audit-level=high")),
	)
}

// chromium finds a browser for the browser tests, or installs Debian's.
func chromium(ctx context.Context) error {
	if _, err := os.Stat(chromiumPath); err == nil || os.Getenv("CHROMIUM_PATH") != "" {
		return nil
	}
	if !onPath("apt-get") || os.Geteuid() != 0 {
		return errors.New("the browser tests need Chromium: install it and set CHROMIUM_PATH to its program")
	}
	if err := build.Quiet(ctx, "package lists", build.Cmd("apt-get", "update")); err != nil {
		return err
	}
	return build.Quiet(ctx, "Chromium", build.Cmd("apt-get", "install", "-y", "--no-install-recommends", "chromium", "fonts-dejavu"))
}

// Clean removes everything that these commands made, the demo's data too.
func Clean() error {
	for _, path := range []string{"dist", "dev/bin", "dev/out", "node_modules"} {
		if err := os.RemoveAll(path); err != nil {
			return err
		}
	}
	return nil
}

func bin(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(absolute("dev/bin"), name)
}

func absolute(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		panic(err) // only when the working directory is gone
	}
	return abs
}

func onPath(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}
