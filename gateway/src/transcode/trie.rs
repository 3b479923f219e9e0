//! Finding the route of a path: literal segments before `*` before `**`, going back where a more specific branch leads nowhere.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use http::Method;
use percent_encoding::percent_decode_str;

use super::template::{Segment, Template};

/// Routes by path and HTTP method.
#[derive(Debug)]
pub struct Trie<T> {
    literals: HashMap<String, Trie<T>>,
    one: Option<Box<Trie<T>>>,
    rest: Option<Box<Trie<T>>>,
    leaves: HashMap<Option<String>, BTreeMap<String, T>>,
}

impl<T> Default for Trie<T> {
    fn default() -> Self {
        Self {
            literals: HashMap::new(),
            one: None,
            rest: None,
            leaves: HashMap::new(),
        }
    }
}

impl<T> Trie<T> {
    /// Adds a route.
    ///
    /// # Errors
    /// The place is taken: answers the route that has it.
    pub fn insert(&mut self, template: &Template, method: &Method, route: T) -> Result<(), &T> {
        let mut node = self;
        for segment in &template.segments {
            node = match segment {
                Segment::Literal(text) => node.literals.entry(text.clone()).or_default(),
                Segment::One => node.one.get_or_insert_default(),
                Segment::Rest => node.rest.get_or_insert_default(),
            };
        }
        let leaf = node.leaves.entry(template.verb.clone()).or_default();
        if leaf.contains_key(method.as_str()) {
            return Err(&leaf[method.as_str()]);
        }
        leaf.insert(method.as_str().to_owned(), route);
        Ok(())
    }

    /// The route of a path (its raw segments, without the verb). The methods that the path knows are added to `allowed`.
    pub fn find<'a>(&'a self, path: &[&str], verb: Option<&str>, method: &Method, allowed: &mut BTreeSet<String>) -> Option<&'a T> {
        let Some((first, others)) = path.split_first() else {
            return self.leaf(verb, method, allowed);
        };
        // An empty segment (`/v1/tasks/`, `/v1//tasks`) is no place of ours.
        if first.is_empty() {
            return None;
        }
        let literal = percent_decode_str(first)
            .decode_utf8()
            .ok()
            .and_then(|text| self.literals.get(&*text));
        literal
            .and_then(|node| node.find(others, verb, method, allowed))
            .or_else(|| self.one.as_ref()?.find(others, verb, method, allowed))
            .or_else(|| {
                self.rest
                    .as_ref()
                    .filter(|_| path.iter().all(|part| !part.is_empty()))?
                    .leaf(verb, method, allowed)
            })
    }

    fn leaf(&self, verb: Option<&str>, method: &Method, allowed: &mut BTreeSet<String>) -> Option<&T> {
        let leaf = self.leaves.get(&verb.map(str::to_owned))?;
        allowed.extend(leaf.keys().cloned());
        leaf.get(method.as_str())
    }

    /// The first segments of all routes.
    pub fn roots(&self) -> impl Iterator<Item = &str> {
        self.literals.keys().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trie(routes: &[(&str, &str)]) -> Trie<usize> {
        let mut trie = Trie::default();
        for (index, (method, template)) in routes.iter().enumerate() {
            trie.insert(&Template::parse(template).unwrap(), &method.parse().unwrap(), index)
                .unwrap();
        }
        trie
    }

    fn find(trie: &Trie<usize>, method: &str, path: &str) -> Option<usize> {
        let (path, verb) = path.rsplit_once(':').map_or((path, None), |(path, verb)| (path, Some(verb)));
        let path: Vec<_> = path.trim_start_matches('/').split('/').collect();
        trie.find(&path, verb, &method.parse().unwrap(), &mut BTreeSet::new()).copied()
    }

    #[test]
    fn the_more_specific_route_wins_and_a_dead_end_goes_back() {
        let trie = trie(&[
            ("GET", "/v1/tasks/{id}"),
            ("POST", "/v1/tasks/mine"),
            ("GET", "/v1/{path=**}"),
            ("POST", "/v1/tasks/{id}:move"),
        ]);
        assert_eq!(find(&trie, "GET", "/v1/tasks/7"), Some(0));
        assert_eq!(find(&trie, "POST", "/v1/tasks/mine"), Some(1));
        assert_eq!(find(&trie, "GET", "/v1/tasks/mine"), Some(0));
        assert_eq!(find(&trie, "GET", "/v1/tasks/7/more"), Some(2));
        assert_eq!(find(&trie, "POST", "/v1/tasks/7:move"), Some(3));
        assert_eq!(find(&trie, "POST", "/v1/%74asks/7:move"), Some(3));
        assert_eq!(find(&trie, "POST", "/v1/tasks/7:stop"), None);
        assert_eq!(find(&trie, "GET", "/v1/tasks/"), None);
        assert_eq!(find(&trie, "GET", "/v1//tasks"), None);
        assert_eq!(find(&trie, "GET", "/v2"), None);
    }

    #[test]
    fn two_routes_cannot_have_one_place() {
        let mut trie = trie(&[("GET", "/v1/tasks/{id}")]);
        assert_eq!(
            trie.insert(&Template::parse("/v1/tasks/{task.id}").unwrap(), &Method::GET, 9),
            Err(&0)
        );
    }

    #[test]
    fn a_path_with_other_methods_says_which() {
        let trie = trie(&[("GET", "/v1/tasks/{id}"), ("DELETE", "/v1/tasks/{id}")]);
        let mut allowed = BTreeSet::new();
        assert_eq!(trie.find(&["v1", "tasks", "7"], None, &Method::PUT, &mut allowed), None);
        assert_eq!(allowed.into_iter().collect::<Vec<_>>(), ["DELETE", "GET"]);
    }
}
