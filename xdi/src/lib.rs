//! XDI graphs: addresses, statements, the graph that holds them, and the formats they travel in.
//!
//! The syntax and the graph model are those of XDI Core 1.0 CSD01. A graph is one tree of context nodes, each named by an
//! arc below its parent, with relations laid over it and at most one JSON literal per attribute node.
//!
//! ```
//! use krl_xdi::{Address, Graph, Statement};
//! use krl_xdi::format::{text, WriteOptions};
//!
//! let mut graph = Graph::new();
//! graph.set(&Statement::parse("=ann/#friend/=bob")?)?;
//! graph.set_literal(&Address::parse("=ann<#age>")?, 42)?;
//!
//! let age = graph.literal(&Address::parse("=ann<#age>")?);
//! assert_eq!(age.map(ToString::to_string).as_deref(), Some("42"));
//! assert_eq!(text::write(&graph, WriteOptions::ordered()), "=ann/#friend/=bob\n=ann<#age>/&/42\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The way of the data: text → [`address`] and [`statement`](Statement) → [`graph`] → [`mod@format`] → text.

pub mod address;
pub mod format;
pub mod graph;
mod json;
pub mod kind;
pub mod literal;
pub mod signature;
mod statement;

pub use address::{Address, SyntaxCode, SyntaxError};
pub use graph::{Graph, GraphError};
pub use literal::Literal;
pub use statement::Statement;
