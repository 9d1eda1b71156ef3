package main

import "context"

type screenshotsCmd struct{}

func (c *screenshotsCmd) Run(ctx context.Context) error { return nil }
