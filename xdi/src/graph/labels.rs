//! The texts of arcs and predicates, each kept once under a number while something uses it.

use std::collections::HashMap;
use std::sync::Arc;

/// The number of a text.
pub(super) type LabelId = u32;

#[derive(Clone, Default)]
pub(super) struct Labels {
    ids: HashMap<Arc<str>, LabelId>,
    table: Vec<Label>,
    free: Vec<LabelId>,
}

#[derive(Clone)]
struct Label {
    text: Arc<str>,
    uses: u32,
}

impl Labels {
    pub(super) fn find(&self, text: &str) -> Option<LabelId> {
        self.ids.get(text).copied()
    }

    pub(super) fn text(&self, id: LabelId) -> &str {
        &self.table[id as usize].text
    }

    /// The number of a text, for one more use.
    pub(super) fn acquire(&mut self, text: &str) -> LabelId {
        if let Some(id) = self.find(text) {
            self.table[id as usize].uses += 1;
            return id;
        }
        let text: Arc<str> = text.into();
        let label = Label { text: Arc::clone(&text), uses: 1 };
        let id = match self.free.pop() {
            Some(id) => {
                self.table[id as usize] = label;
                id
            }
            None => {
                self.table.push(label);
                (self.table.len() - 1) as LabelId
            }
        };
        self.ids.insert(text, id);
        id
    }

    /// Ends one use.
    pub(super) fn release(&mut self, id: LabelId) {
        let label = &mut self.table[id as usize];
        label.uses -= 1;
        if label.uses == 0 {
            self.ids.remove(&label.text);
            label.text = Arc::default();
            self.free.push(id);
        }
    }

    /// How many texts are in use, and how often all together.
    #[cfg(test)]
    pub(super) fn usage(&self) -> (usize, usize) {
        (self.ids.len(), self.table.iter().map(|label| label.uses as usize).sum())
    }
}
