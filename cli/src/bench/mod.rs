//! `krl bench clouds`: makes very many clouds the way owners make them, on the real engine and a store on disk, and measures what a
//! host of so many needs.
//!
//! `clouds` is the course of it, `grow` makes the clouds, `fire` times events, `probe` is a second process that starts on the store,
//! `machine` tells the facts of the machine, `figures` are the results.

pub mod clouds;
pub mod figures;
pub mod fire;
pub mod grow;
pub mod home;
pub mod machine;
pub mod probe;
