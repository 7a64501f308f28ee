//! XDI: the graph that a cloud keeps its state in.
