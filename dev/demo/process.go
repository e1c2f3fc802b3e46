package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// stopTimeout is how long a part may take to end after it was asked to.
const stopTimeout = 15 * time.Second

// logTail is how many lines of a part's log an error shows.
const logTail = 25

// process is a started part of the demo.
type process struct {
	name string
	log  string
	cmd  *exec.Cmd
	done chan struct{}
	err  error
}

// launch starts a part with its output in a log file. died receives a message if it ends by itself.
func (d *demo) launch(name string, cmd *exec.Cmd) error {
	logs := filepath.Join(d.data, "logs")
	if err := os.MkdirAll(logs, 0o755); err != nil {
		return err
	}
	p := &process{name: name, log: filepath.Join(logs, name+".log"), cmd: cmd, done: make(chan struct{})}
	out, err := os.Create(p.log)
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = out, out
	cmd.SysProcAttr = childAttributes()
	if err := cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("%s does not start: %w", name, err), out.Close())
	}
	d.processes = append(d.processes, p)
	go func() {
		p.err = cmd.Wait()
		_ = out.Close()
		close(p.done)
		select {
		case d.died <- fmt.Errorf("%s ended by itself (%s); the end of %s:\n%s", name, cmd.ProcessState, p.log, p.tail()):
		default:
		}
	}()
	return nil
}

// stop asks a part to end, and ends it when it does not.
func (p *process) stop() error {
	select {
	case <-p.done:
		return nil
	default:
	}
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		_ = p.cmd.Process.Kill()
	}
	select {
	case <-p.done:
		return nil
	case <-time.After(stopTimeout):
	}
	_ = p.cmd.Process.Kill()
	<-p.done
	return fmt.Errorf("%s did not end within %s and was killed", p.name, stopTimeout)
}

func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(string(bytes.TrimSpace(text)), "\n")
	return "  " + strings.Join(lines[max(0, len(lines)-logTail):], "\n  ")
}
