//! The graph: reading addresses, adding and deleting an entity in graphs of several sizes, writing a large one.
//! `cargo bench --bench xdi`

#![expect(clippy::expect_used, reason = "a set-up that fails ends the measurement")]

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use krl_xdi::format::{WriteOptions, quad, text};
use krl_xdi::{Address, Graph};
use std::cell::RefCell;

fn main() {
    divan::main();
}

/// How many entities a graph has: adding and deleting one must take the same time in all.
const SIZES: &[usize] = &[2_000, 20_000, 100_000];

fn parse(text: &str) -> Address {
    Address::parse(text).expect("a good address")
}

/// An entity with a name and a relation to a common class.
fn add(graph: &mut Graph, entity: &Address) {
    let name = parse(&format!("{entity}<#name>"));
    graph.set_literal(&name, "a name").expect("an attribute");
    graph.set_relation(entity, &parse("$is#"), &parse("#person")).expect("two entities");
}

fn graph(entities: usize) -> Graph {
    let mut graph = Graph::new();
    for n in 0..entities {
        add(&mut graph, &parse(&format!("[#person]*!:uuid:{n:012}")));
    }
    graph
}

#[divan::bench]
fn parse_address(bencher: Bencher<'_, '_>) {
    let input = "=!:uuid:5a3c9b2e-0001-4000-8000-000000000001[#phone]*!:uuid:01#home<#number>";
    bencher.counter(ItemsCount::new(1usize)).bench(|| Address::parse(divan::black_box(input)));
}

// One addition or deletion a sample: the next needs the graph as it was before.
#[divan::bench(args = SIZES, sample_size = 1, sample_count = 1000)]
fn insert_entity(bencher: Bencher<'_, '_>, entities: usize) {
    let entity = parse("[#person]*!:uuid:new");
    let graph = RefCell::new(graph(entities));
    let absent = || graph.borrow_mut().delete_node(&entity);
    bencher.with_inputs(absent).bench_local_values(|_| add(&mut graph.borrow_mut(), &entity));
}

#[divan::bench(args = SIZES, sample_size = 1, sample_count = 1000)]
fn delete_entity(bencher: Bencher<'_, '_>, entities: usize) {
    let entity = parse("[#person]*!:uuid:new");
    let graph = RefCell::new(graph(entities));
    let present = || add(&mut graph.borrow_mut(), &entity);
    bencher.with_inputs(present).bench_local_values(|()| graph.borrow_mut().delete_node(&entity));
}

#[divan::bench(args = SIZES)]
fn write_ordered_text(bencher: Bencher<'_, '_>, entities: usize) {
    let graph = graph(entities);
    let bytes = text::write(&graph, WriteOptions::ordered()).len();
    bencher.counter(BytesCount::new(bytes)).bench(|| text::write(&graph, WriteOptions::ordered()));
}

#[divan::bench(args = SIZES)]
fn write_ordered_quad(bencher: Bencher<'_, '_>, entities: usize) {
    let graph = graph(entities);
    let bytes = quad::write(&graph, WriteOptions::ordered()).len();
    bencher.counter(BytesCount::new(bytes)).bench(|| quad::write(&graph, WriteOptions::ordered()));
}

#[divan::bench(args = SIZES)]
fn read_text(bencher: Bencher<'_, '_>, entities: usize) {
    let written = text::write(&graph(entities), WriteOptions::ordered());
    bencher.counter(BytesCount::new(written.len())).bench(|| text::read(&written));
}
