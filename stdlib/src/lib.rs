//! KRL operators and modules.
