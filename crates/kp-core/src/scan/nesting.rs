//! The open brackets of a document, one bit each.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Container {
    Array,
    Object,
}

/// A stack of containers. The innermost 64 levels lie in one word; only deeper documents,
/// which are rare, allocate.
#[derive(Debug, Default)]
pub(super) struct Nesting {
    depth: usize,
    /// The lowest bit is the innermost container; a set bit is an object.
    word: u64,
    outer: Vec<u64>,
}

impl Nesting {
    const BITS: usize = u64::BITS as usize;

    pub(super) fn innermost(&self) -> Option<Container> {
        match (self.depth, self.word & 1) {
            (0, _) => None,
            (_, 0) => Some(Container::Array),
            (_, _) => Some(Container::Object),
        }
    }

    pub(super) fn push(&mut self, container: Container) {
        if self.depth > 0 && self.depth.is_multiple_of(Self::BITS) {
            self.outer.push(self.word);
        }
        self.word = self.word << 1 | u64::from(container == Container::Object);
        self.depth += 1;
    }

    pub(super) fn pop(&mut self) {
        self.word >>= 1;
        self.depth = self.depth.saturating_sub(1);
        if self.depth > 0 && self.depth.is_multiple_of(Self::BITS) {
            self.word = self.outer.pop().unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_a_stack(steps in prop::collection::vec(prop::option::weighted(0.7, any::<bool>()), 0..600)) {
            let mut nesting = Nesting::default();
            let mut model = Vec::new();
            for step in steps {
                match step {
                    Some(object) => {
                        let container = if object { Container::Object } else { Container::Array };
                        nesting.push(container);
                        model.push(container);
                    }
                    None => {
                        nesting.pop();
                        model.pop();
                    }
                }
                prop_assert_eq!(nesting.innermost(), model.last().copied());
            }
        }
    }
}
