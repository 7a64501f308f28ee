//! What the functions of a unit share: constants, imported natives, call shapes. Equal entries are stored once.

use krl_vm::unit::{CallShape, Constant};
use std::collections::HashMap;
use std::sync::Arc;

/// The pools of a unit under construction.
#[derive(Default)]
pub(super) struct Pool {
    pub(super) constants: Vec<Constant>,
    pub(super) natives: Vec<Arc<str>>,
    pub(super) shapes: Vec<CallShape>,
    strings: HashMap<Arc<str>, u32>,
    numbers: HashMap<u64, u32>,
    regexps: HashMap<(Arc<str>, Arc<str>), u32>,
    native_constants: HashMap<u16, u32>,
    native_index: HashMap<Arc<str>, u16>,
    shape_index: HashMap<CallShape, u16>,
    /// A pool outgrew its index.
    pub(super) overflow: bool,
}

impl Pool {
    pub(super) fn constant(&mut self, constant: Constant) -> u32 {
        let index = self.constants.len() as u32;
        self.constants.push(constant);
        index
    }

    pub(super) fn string(&mut self, text: &str) -> u32 {
        if let Some(index) = self.strings.get(text) {
            return *index;
        }
        let text: Arc<str> = text.into();
        let index = self.constant(Constant::String(text.clone()));
        self.strings.insert(text, index);
        index
    }

    /// A string constant for an operand of 16 bits.
    pub(super) fn name(&mut self, text: &str) -> u16 {
        let index = self.string(text);
        self.narrow(index as usize)
    }

    pub(super) fn number(&mut self, number: f64) -> u32 {
        if let Some(index) = self.numbers.get(&number.to_bits()) {
            return *index;
        }
        let index = self.constant(Constant::Number(number));
        self.numbers.insert(number.to_bits(), index);
        index
    }

    pub(super) fn regexp(&mut self, source: &str, flags: &str) -> u32 {
        let key: (Arc<str>, Arc<str>) = (source.into(), flags.into());
        if let Some(index) = self.regexps.get(&key) {
            return *index;
        }
        let index = self.constant(Constant::RegExp { source: key.0.clone(), flags: key.1.clone() });
        self.regexps.insert(key, index);
        index
    }

    /// The import of a native by its qualified name.
    pub(super) fn native(&mut self, name: &str) -> u16 {
        if let Some(index) = self.native_index.get(name) {
            return *index;
        }
        let index = self.narrow(self.natives.len());
        let name: Arc<str> = name.into();
        self.natives.push(name.clone());
        self.native_index.insert(name, index);
        index
    }

    /// A native as a value.
    pub(super) fn native_constant(&mut self, name: &str) -> u32 {
        let native = self.native(name);
        if let Some(index) = self.native_constants.get(&native) {
            return *index;
        }
        let index = self.constant(Constant::Native(native));
        self.native_constants.insert(native, index);
        index
    }

    pub(super) fn shape(&mut self, shape: CallShape) -> u16 {
        if let Some(index) = self.shape_index.get(&shape) {
            return *index;
        }
        let index = self.narrow(self.shapes.len());
        self.shapes.push(shape.clone());
        self.shape_index.insert(shape, index);
        index
    }

    /// An index for an operand of 16 bits; one value is spared for "none".
    pub(super) fn narrow(&mut self, index: usize) -> u16 {
        self.overflow |= index >= usize::from(u16::MAX);
        index as u16
    }
}
