//! What happens when a refresh token is presented. The tokens of a session form a family in which at most one is active; spent ones
//! are remembered as long as the session, so that one that comes again is recognised and ends the session.

use jiff::{SignedDuration, Timestamp};

use super::session::SessionState;

/// Where a stored refresh token stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenState {
    /// The latest of its family, not presented yet.
    Active,
    /// Spent: it bought a successor.
    Consumed {
        /// When.
        at: Timestamp,
        /// Whether the successor that counts, the last one it bought, is still active.
        successor_unused: bool,
    },
    /// Replaced by a twin before it was used, when its predecessor came again within the grace time.
    Superseded,
}

/// What to do with a presented token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Spend it and answer a successor.
    Rotate,
    /// The answer got lost: replace the unused successor by a new one.
    RepeatWithinGrace,
    /// Somebody else has it too: end the session.
    Reuse,
    /// The session has ended, or its user is deactivated.
    Invalid,
    /// The session or the token was left too long.
    Expired,
}

/// Decides on a presented token. Who comes with a spent token of a session that is over anyway ends nothing.
#[must_use]
pub fn decide(token: TokenState, session: &SessionState, grace: SignedDuration, now: Timestamp) -> Decision {
    if session.ended || !session.user_active {
        return Decision::Invalid;
    }
    if !session.is_live(now) {
        return Decision::Expired;
    }
    match token {
        TokenState::Active => Decision::Rotate,
        TokenState::Consumed {
            at,
            successor_unused: true,
        } if now.duration_since(at) <= grace => Decision::RepeatWithinGrace,
        TokenState::Consumed { .. } | TokenState::Superseded => Decision::Reuse,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::session::Lifetimes;
    use super::*;

    /// A family as the database keeps it, changed as the decisions say.
    struct Family {
        tokens: Vec<Token>,
        session: SessionState,
        now: Timestamp,
        lifetimes: Lifetimes,
    }

    #[derive(Clone, Copy)]
    struct Token {
        state: Stored,
        successor: Option<usize>,
    }

    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Stored {
        Active,
        Consumed(Timestamp),
        Superseded,
    }

    impl Family {
        fn new() -> Self {
            let (lifetimes, now) = (Lifetimes::default(), Timestamp::UNIX_EPOCH);
            let expire_time = lifetimes.session_end(now);
            let session = SessionState {
                ended: false,
                user_active: true,
                expire_time,
                idle_expire_time: lifetimes.idle_end(now, expire_time),
            };
            Self {
                tokens: vec![Token {
                    state: Stored::Active,
                    successor: None,
                }],
                session,
                now,
                lifetimes,
            }
        }

        fn state(&self, index: usize) -> TokenState {
            match self.tokens[index].state {
                Stored::Active => TokenState::Active,
                Stored::Consumed(at) => {
                    let successor = self.tokens[index].successor.unwrap();
                    TokenState::Consumed {
                        at,
                        successor_unused: self.tokens[successor].state == Stored::Active,
                    }
                }
                Stored::Superseded => TokenState::Superseded,
            }
        }

        fn present(&mut self, index: usize) -> Decision {
            let decision = decide(self.state(index), &self.session, self.lifetimes.grace, self.now);
            match decision {
                Decision::Rotate => {
                    self.tokens[index].state = Stored::Consumed(self.now);
                    self.add_successor(index);
                }
                Decision::RepeatWithinGrace => {
                    let lost = self.tokens[index].successor.unwrap();
                    self.tokens[lost].state = Stored::Superseded;
                    self.add_successor(index);
                }
                Decision::Reuse => self.session.ended = true,
                Decision::Invalid | Decision::Expired => {}
            }
            decision
        }

        fn add_successor(&mut self, index: usize) {
            self.tokens[index].successor = Some(self.tokens.len());
            self.tokens.push(Token {
                state: Stored::Active,
                successor: None,
            });
            self.session.idle_expire_time = self.lifetimes.idle_end(self.now, self.session.expire_time);
        }

        fn live(&self) -> usize {
            self.tokens.iter().filter(|token| token.state == Stored::Active).count()
        }

        fn wait(&mut self, seconds: i64) {
            self.now += SignedDuration::from_secs(seconds);
        }
    }

    #[test]
    fn a_spent_token_after_the_grace_ends_the_session() {
        let mut family = Family::new();
        assert_eq!(family.present(0), Decision::Rotate);
        family.wait(11);
        assert_eq!(family.present(0), Decision::Reuse);
        assert_eq!(family.present(1), Decision::Invalid);
        assert_eq!(family.present(0), Decision::Invalid);
    }

    #[test]
    fn a_lost_answer_is_given_again_and_the_lost_token_is_dead() {
        let mut family = Family::new();
        family.present(0);
        family.wait(10);
        assert_eq!(family.present(0), Decision::RepeatWithinGrace);
        assert_eq!(family.live(), 1);
        assert_eq!(family.state(1), TokenState::Superseded);
        assert_eq!(family.present(1), Decision::Reuse);
    }

    #[test]
    fn the_grace_does_not_slide() {
        let mut family = Family::new();
        family.present(0);
        family.wait(6);
        assert_eq!(family.present(0), Decision::RepeatWithinGrace);
        family.wait(6);
        assert_eq!(family.present(0), Decision::Reuse);
    }

    #[test]
    fn same_instant_replay_of_a_grandparent_is_reuse() {
        let mut family = Family::new();
        family.present(0);
        family.present(1);
        assert_eq!(family.present(0), Decision::Reuse);
    }

    #[test]
    fn sessions_grow_old() {
        let mut idle = Family::new();
        idle.wait(14 * 86_400);
        assert_eq!(idle.present(0), Decision::Expired);

        let mut used = Family::new();
        for day in 0..29 {
            used.wait(86_400);
            assert_eq!(used.present(day), Decision::Rotate);
        }
        used.wait(86_400);
        assert_eq!(used.present(29), Decision::Expired);
        assert_eq!(used.present(0), Decision::Expired);
    }

    #[derive(Debug, Clone)]
    enum Step {
        Present(prop::sample::Index),
        Wait(i64),
        Deactivate,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            8 => any::<prop::sample::Index>().prop_map(Step::Present),
            4 => (0..15i64).prop_map(Step::Wait),
            1 => (0..20 * 86_400i64).prop_map(Step::Wait),
            1 => Just(Step::Deactivate),
        ]
    }

    proptest! {
        #[test]
        fn at_most_one_token_is_live_and_reuse_kills(steps in prop::collection::vec(step(), 1..60)) {
            let mut family = Family::new();
            for step in steps {
                let dead = !family.session.is_live(family.now);
                match step {
                    Step::Wait(seconds) => family.wait(seconds),
                    Step::Deactivate => family.session.user_active = false,
                    Step::Present(index) => {
                        let index = index.index(family.tokens.len());
                        let before = family.tokens[index].state;
                        let decision = family.present(index);
                        prop_assert!(!dead || matches!(decision, Decision::Invalid | Decision::Expired), "a dead session stays dead");
                        prop_assert!(before != Stored::Active || decision != Decision::Reuse, "an active token is no reuse");
                        prop_assert!(before != Stored::Superseded || !matches!(decision, Decision::Rotate | Decision::RepeatWithinGrace));
                        prop_assert!(decision != Decision::Reuse || !family.session.is_live(family.now), "reuse kills");
                    }
                }
                prop_assert_eq!(family.live(), 1, "exactly one branch ends in an active token");
            }
        }
    }
}
