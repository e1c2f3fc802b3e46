package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
)

// The oldest Prometheus that knows the setting scrape_native_histograms.
const (
	leastMajor = 3
	leastMinor = 8
)

var versionPattern = regexp.MustCompile(`version (\d+)\.(\d+)\.`)

// findPrometheus prefers the server on PATH, when it is new enough, to the one that the build made.
func findPrometheus(bin string) (path, note string, err error) {
	onPath, missing := exec.LookPath("prometheus")
	tooOld := ""
	if missing == nil {
		output, _ := exec.Command(onPath, "--version").CombinedOutput()
		if newEnough(string(output)) {
			return onPath, "", nil
		}
		tooOld = fmt.Sprintf("%s on PATH is older than %d.%d", onPath, leastMajor, leastMinor)
	}
	built := executable(bin, "prometheus")
	if _, err := os.Stat(built); err == nil {
		return built, tooOld, nil
	}
	if tooOld != "" {
		return "", "", errors.New(tooOld + ": take it off PATH and run `go tool mage prometheus`, which builds one (about 5 minutes, once)")
	}
	return "", "", errors.New("no Prometheus: run `go tool mage prometheus`, which builds one (about 5 minutes, once)")
}

func newEnough(version string) bool {
	match := versionPattern.FindStringSubmatch(version)
	if match == nil {
		return false
	}
	major, _ := strconv.Atoi(match[1])
	minor, _ := strconv.Atoi(match[2])
	return major > leastMajor || major == leastMajor && minor >= leastMinor
}

func executable(dir, name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(dir, name)
}

// prometheusConfig is provisioning/prometheus/prometheus.yml with another target.
func prometheusConfig(target string) []byte {
	return fmt.Appendf(nil, `global:
  scrape_interval: 5s
  scrape_native_histograms: true
scrape_configs:
  - job_name: shop
    honor_labels: true
    honor_timestamps: true
    track_timestamps_staleness: true
    static_configs:
      - targets: [%q]
        labels: {instance: shop}
`, target)
}

// startPrometheus starts it on the data that the history was written to.
func (d *demo) startPrometheus(binary, address, shop string) error {
	config := filepath.Join(d.data, "prometheus.yml")
	if err := os.WriteFile(config, prometheusConfig(shop), 0o644); err != nil {
		return err
	}
	return d.launch("prometheus", exec.Command(binary,
		"--config.file="+config,
		"--storage.tsdb.path="+d.prometheusData(),
		// Longer than the longest window, and the block sizes that the history is written in.
		"--storage.tsdb.retention.time=120d",
		"--web.listen-address="+address,
	))
}

func (d *demo) prometheusData() string { return filepath.Join(d.data, "prometheus") }
