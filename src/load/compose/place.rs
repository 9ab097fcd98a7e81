//! Places of values, cheap to make and to copy: most of them are never asked for.

use std::rc::Rc;

use crate::source::{Node, Path, Pointer, SourceId, Step};

/// Where a value was written.
#[derive(Clone, Debug)]
pub(super) struct Place(Rc<Link>);

#[derive(Debug)]
enum Link {
    /// The start of a chain: a root, or what an alias or a merge key leads to.
    Written(Pointer),
    Key(Place, Rc<str>),
    Item(Place, usize),
}

impl Place {
    /// The place of a node that nothing is known about.
    pub fn of(node: Node<'_>) -> Place {
        Place(Rc::new(Link::Written(node.pointer())))
    }

    /// The place of the value under `key` of a mapping at this place.
    pub fn entry(&self, mapping: Node<'_>, value: Node<'_>, key: &Rc<str>) -> Place {
        if is_written_in(value, mapping) {
            Place(Rc::new(Link::Key(self.clone(), Rc::clone(key))))
        } else {
            Place::of(value)
        }
    }

    /// The place of an item of a sequence at this place.
    pub fn item(&self, sequence: Node<'_>, item: Node<'_>, index: usize) -> Place {
        if is_written_in(item, sequence) {
            Place(Rc::new(Link::Item(self.clone(), index)))
        } else {
            Place::of(item)
        }
    }

    /// The file.
    pub fn source(&self) -> SourceId {
        match &*self.0 {
            Link::Written(pointer) => pointer.source,
            Link::Key(above, _) | Link::Item(above, _) => above.source(),
        }
    }

    /// The place in full.
    pub fn pointer(&self) -> Pointer {
        let mut below = Vec::new();
        let mut place = self;
        let start = loop {
            match &*place.0 {
                Link::Written(pointer) => break pointer,
                Link::Key(above, key) => {
                    below.push(Step::Key((&**key).into()));
                    place = above;
                }
                Link::Item(above, index) => {
                    below.push(Step::Index(*index));
                    place = above;
                }
            }
        };
        let steps = start.path.steps().iter().cloned();
        Pointer {
            source: start.source,
            path: Path::from(steps.chain(below.into_iter().rev()).collect::<Vec<_>>()),
        }
    }
}

/// Whether `child` stands in `parent` itself, not where an alias or a merge key leads.
fn is_written_in(child: Node<'_>, parent: Node<'_>) -> bool {
    child
        .parent()
        .is_some_and(|written| written.span() == parent.span())
}
