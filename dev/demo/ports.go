package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// anyPort is the address that leaves the choice of a port to the system.
const anyPort = "127.0.0.1:0"

// reserve gives an address that can be listened on now: the asked one, or the preferred one or any
// free one when nothing was asked.
func reserve(asked, preferred, flagName string) (string, error) {
	if asked != "" {
		address, err := free(asked)
		if err != nil {
			return "", taken(asked, flagName, err)
		}
		return address, nil
	}
	if address, err := free(preferred); err == nil {
		return address, nil
	}
	return free(anyPort)
}

// free listens for a moment, which also settles port 0.
func free(address string) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

func taken(address, flagName string, err error) error {
	host, text, split := net.SplitHostPort(address)
	port, number := strconv.Atoi(text)
	if split != nil || number != nil {
		return fmt.Errorf("--%s %s is not an address such as 127.0.0.1:3000: %w", flagName, address, err)
	}
	who := "another program"
	if owner := listenerOf(port); owner != "" {
		who = owner
	}
	return fmt.Errorf("port %d is taken by %s: end it, or choose another port with --%s %s (%w)",
		port, who, flagName, net.JoinHostPort(host, strconv.Itoa(port+1)), err)
}

// listenerOf names the process that listens on a TCP port, as far as /proc tells; empty elsewhere.
func listenerOf(port int) string {
	inodes := map[string]bool{}
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		for _, inode := range listeningInodes(table, port) {
			inodes["socket:["+inode+"]"] = true
		}
	}
	if len(inodes) == 0 {
		return ""
	}
	descriptors, _ := filepath.Glob("/proc/[0-9]*/fd/*")
	for _, descriptor := range descriptors {
		if target, err := os.Readlink(descriptor); err == nil && inodes[target] {
			pid := strings.Split(descriptor, "/")[2]
			name, _ := os.ReadFile("/proc/" + pid + "/comm")
			return fmt.Sprintf("%s (process %s)", strings.TrimSpace(string(name)), pid)
		}
	}
	return ""
}

func listeningInodes(table string, port int) []string {
	file, err := os.Open(table)
	if err != nil {
		return nil
	}
	defer file.Close()
	const (
		stateListen = "0A"
		localColumn = 1
		stateColumn = 3
		inodeColumn = 9
	)
	suffix := fmt.Sprintf(":%04X", port)
	var inodes []string
	for lines := bufio.NewScanner(file); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) > inodeColumn && fields[stateColumn] == stateListen && strings.HasSuffix(fields[localColumn], suffix) {
			inodes = append(inodes, fields[inodeColumn])
		}
	}
	return inodes
}
