package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

// barWidth is the length of a progress bar in characters.
const barWidth = 30

// console prints progress: a bar that moves on a terminal, a few plain lines elsewhere.
type console struct {
	mutex    sync.Mutex
	out      io.Writer
	terminal bool
}

func newConsole(file *os.File) *console {
	info, err := file.Stat()
	return &console{out: file, terminal: err == nil && info.Mode()&os.ModeCharDevice != 0}
}

func (c *console) say(format string, args ...any) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	fmt.Fprintf(c.out, format+"\n", args...)
}

// step is a part of the work that takes a while.
type step struct {
	console *console
	title   string
	begun   time.Time
	shown   float64
}

// begin announces a step.
func (c *console) begin(title string) *step {
	s := &step{console: c, title: title, begun: time.Now(), shown: -1}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.terminal {
		fmt.Fprintf(c.out, "… %s", title)
	} else {
		fmt.Fprintf(c.out, "… %s\n", title)
	}
	return s
}

// update shows the share that is done.
func (s *step) update(share float64, note string) {
	share = min(max(share, 0), 1)
	s.console.mutex.Lock()
	defer s.console.mutex.Unlock()
	if s.console.terminal {
		filled := int(share * barWidth)
		fmt.Fprintf(s.console.out, "\r\x1b[K… %s [%s%s] %3.0f %% %s", s.title,
			strings.Repeat("█", filled), strings.Repeat("░", barWidth-filled), share*100, note)
		return
	}
	const quarter = 0.25
	if int(share/quarter) > int(s.shown/quarter) && share < 1 {
		fmt.Fprintf(s.console.out, "  %s: %.0f %% %s\n", s.title, share*100, note)
	}
	s.shown = max(s.shown, share)
}

// end closes the step with a mark for its outcome.
func (s *step) end(err error, note string) {
	s.console.mutex.Lock()
	defer s.console.mutex.Unlock()
	clear, mark := "", "✓"
	if s.console.terminal {
		clear = "\r\x1b[K"
	}
	if err != nil {
		mark = "✗"
	}
	if note != "" {
		note = ", " + note
	}
	fmt.Fprintf(s.console.out, "%s%s %s (%s%s)\n", clear, mark, s.title, time.Since(s.begun).Round(100*time.Millisecond), note)
}
