//! Runs Darknet networks: reads their cfg and weights, computes, and finds the objects.
