// Package build runs the steps of Magefile.go: commands with their output shown on failure, Go builds
// with a progress bar, and steps that are skipped while the content of their inputs is unchanged.
package build

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// stamps is the folder that remembers the inputs' hash of each cached step.
const stamps = "dev/out/stamps"

// console keeps the lines of steps that run at the same time whole.
var console sync.Mutex

func say(format string, args ...any) {
	console.Lock()
	defer console.Unlock()
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}

// Command is a program with its arguments, run in the project's root unless Dir is set.
type Command struct {
	Dir  string
	Env  []string
	Name string
	Args []string
}

// Cmd makes a Command.
func Cmd(name string, args ...string) Command { return Command{Name: name, Args: args} }

func (c Command) prepare(ctx context.Context) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.Name, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	// A cancelled step may clean up after itself before it is killed.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	return cmd
}

// Run runs a command with its output shown as it comes.
func Run(ctx context.Context, c Command) error {
	cmd := c.prepare(ctx)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s %s: %w", c.Name, strings.Join(c.Args, " "), err)
	}
	return nil
}

// Quiet runs a command and shows its output only where it fails.
func Quiet(ctx context.Context, title string, c Command) error {
	started := time.Now()
	say("… %s", title)
	var output bytes.Buffer
	cmd := c.prepare(ctx)
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %s %s: %w\n%s", title, c.Name, strings.Join(c.Args, " "), err, output.String())
	}
	say("✓ %s (%s)", title, time.Since(started).Round(100*time.Millisecond))
	return nil
}

// Cached runs a command unless output exists and neither the command nor the content of its inputs
// (files and folders) has changed since it last succeeded.
func Cached(ctx context.Context, title, output string, inputs []string, c Command) error {
	hash, err := hashTree(append([]string{}, inputs...), c)
	if err != nil {
		return fmt.Errorf("%s: %w", title, err)
	}
	stamp := filepath.Join(stamps, strings.NewReplacer(" ", "-", "'", "").Replace(title))
	if _, err := os.Stat(output); err == nil {
		if old, err := os.ReadFile(stamp); err == nil && string(old) == hash {
			return nil
		}
	}
	if err := Quiet(ctx, title, c); err != nil {
		return err
	}
	if err := os.MkdirAll(stamps, 0o755); err != nil {
		return err
	}
	return os.WriteFile(stamp, []byte(hash), 0o644)
}

// hashTree is a digest of a command and of the names and contents of all files below paths.
func hashTree(paths []string, c Command) (string, error) {
	digest := sha256.New()
	fmt.Fprintf(digest, "%s %q %q\n", c.Name, c.Args, c.Env)
	for _, root := range paths {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() {
				return err
			}
			content, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			fmt.Fprintf(digest, "%s %x\n", filepath.ToSlash(path), sha256.Sum256(content))
			return nil
		})
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}

// GoBuild is one `go build`.
type GoBuild struct {
	Title string
	// Dir is the module's folder, Out an absolute path or one below Dir; it ends in "/" for several packages.
	Dir, Out string
	Args     []string
	Env      []string
	Packages []string
}

// Run builds with a progress bar over the packages that have to be compiled. The go command itself
// knows what is up to date.
func (b GoBuild) Run(ctx context.Context) error {
	started := time.Now()
	total, err := b.stalePackages(ctx)
	if err != nil {
		return fmt.Errorf("%s: %w", b.Title, err)
	}
	if total > 1 {
		say("… %s: %d packages to compile", b.Title, total)
	}
	args := append([]string{"build", "-v", "-o", b.Out}, b.Args...)
	cmd := Command{Dir: b.Dir, Env: b.Env, Name: "go", Args: append(args, b.Packages...)}.prepare(ctx)
	pipe, writer := io.Pipe()
	cmd.Stderr, cmd.Stdout = writer, writer
	progress := &bar{title: b.Title, total: total}
	var output bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			output.WriteString(lines.Text() + "\n")
			progress.step()
		}
	}()
	err = cmd.Run()
	_ = writer.Close()
	<-done
	progress.finish()
	if err != nil {
		return fmt.Errorf("%s: go %s: %w\n%s", b.Title, strings.Join(args, " "), err, output.String())
	}
	if total > 1 {
		say("✓ %s (%s)", b.Title, time.Since(started).Round(100*time.Millisecond))
	}
	return nil
}

// stalePackages counts the packages that `go build -v` will name.
func (b GoBuild) stalePackages(ctx context.Context) (int, error) {
	args := append([]string{"list", "-deps", "-f", "{{if .Stale}}{{.ImportPath}}{{end}}"}, b.Args...)
	args = append(args, b.Packages...)
	list := Command{Dir: b.Dir, Env: b.Env, Name: "go", Args: args}.prepare(ctx)
	var stderr bytes.Buffer
	list.Stderr = &stderr
	out, err := list.Output()
	if err != nil {
		return 0, fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return len(strings.Fields(string(out))), nil
}

// bar draws progress on a terminal, and a line every quarter elsewhere.
type bar struct {
	title       string
	total, done int
	quarter     int
}

const barWidth = 30

func (b *bar) step() {
	b.done++
	if b.total < 20 {
		return
	}
	share := min(float64(b.done)/float64(b.total), 1)
	if terminal() {
		console.Lock()
		filled := int(share * barWidth)
		fmt.Fprintf(os.Stderr, "\r  %s [%s%s] %3.0f %%", b.title, strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), share*100)
		console.Unlock()
		return
	}
	if quarter := int(share * 4); quarter > b.quarter {
		b.quarter = quarter
		say("  %s: %.0f %%", b.title, share*100)
	}
}

func (b *bar) finish() {
	if b.total >= 20 && terminal() {
		console.Lock()
		defer console.Unlock()
		fmt.Fprintf(os.Stderr, "\r%s\r", strings.Repeat(" ", barWidth+len(b.title)+12))
	}
}

func terminal() bool {
	info, err := os.Stderr.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
