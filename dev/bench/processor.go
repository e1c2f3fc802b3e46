package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// processorTime is what this process and another have used of the processors, as far as the system
// tells (Linux does); it does not depend on what else the machine is doing.
func processorTime(other int) time.Duration {
	return processTime(os.Getpid()) + processTime(other)
}

func processTime(pid int) time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0
	}
	// The fields are counted after the command's name, which may hold spaces.
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest)
	const user, system, tick = 11, 12, 10 * time.Millisecond
	if len(fields) <= system {
		return 0
	}
	inUser, _ := strconv.ParseInt(fields[user], 10, 64)
	inSystem, _ := strconv.ParseInt(fields[system], 10, 64)
	return time.Duration(inUser+inSystem) * tick
}
