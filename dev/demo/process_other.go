//go:build !linux

package main

import "syscall"

// childAttributes leave children in our group: the terminal's Ctrl-C then ends them with us.
func childAttributes() *syscall.SysProcAttr { return nil }

// lockFile does nothing here: Prometheus locks its own data.
func lockFile(string) (unlock func(), err error) { return func() {}, nil }
