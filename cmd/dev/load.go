package main

import "context"

type loadCmd struct{}

func (c *loadCmd) Run(ctx context.Context) error { return nil }
