//go:build unix && !linux

package pgembed

func fastFolder() string { return "/tmp" }
