//! Argon2id on few threads: never more hashes at once than the machine and the memory bear, never more waiting than would be answered
//! in time, and never a quicker answer for an account that does not exist.

use std::sync::Arc;
use std::time::Duration;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Cost of a hash. The default is the least that OWASP recommends; operators with time and memory to spare raise it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PasswordCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub passes: u32,
    /// Lanes; computed one after the other.
    pub lanes: u32,
}

impl Default for PasswordCost {
    fn default() -> Self {
        Self {
            memory_kib: 19 * 1024,
            passes: 2,
            lanes: 1,
        }
    }
}

/// Bounds of the pool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolLimits {
    /// Hashes computed at once; memory is at most this times the memory of one.
    pub at_once: usize,
    /// Callers waiting for their turn.
    pub waiting: usize,
    /// The longest wait.
    pub patience: Duration,
}

impl PoolLimits {
    /// Half of these processors, at least one, at most four: the rest go on serving while many people sign in.
    #[must_use]
    pub fn for_processors(processors: usize) -> Self {
        Self {
            at_once: (processors / 2).clamp(1, 4),
            waiting: 64,
            patience: Duration::from_secs(3),
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PoolError {
    /// Too many callers are waiting, or this one waited too long.
    #[error("too many password checks are waiting")]
    Overloaded,
    /// A defect: a stored hash that is none, or a thread that died.
    #[error("a password could not be hashed: {0}")]
    Failed(String),
}

/// The answer to a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// The password is wrong, or there was no hash to compare with.
    Wrong,
    /// The password is right.
    Right {
        /// Whether the stored hash has another cost than today's: hash again and store that.
        outdated: bool,
    },
}

/// The pool. Clones share its bounds.
#[derive(Debug, Clone)]
pub struct PasswordPool {
    argon: Argon2<'static>,
    cost: PasswordCost,
    /// What unknown accounts are compared with, made with today's cost.
    dummy: Arc<str>,
    /// One permit for each caller inside, running or waiting.
    entry: Arc<Semaphore>,
    /// One permit for each hash that is being computed.
    running: Arc<Semaphore>,
    patience: Duration,
}

impl PasswordPool {
    /// A pool for hashes of this cost.
    ///
    /// # Errors
    ///
    /// A cost that Argon2 does not take.
    pub fn new(cost: PasswordCost, limits: PoolLimits) -> anyhow::Result<Self> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(|error| anyhow::anyhow!("the cost of password hashes is out of range: {error}"))?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let dummy = argon
            .hash_password_with_salt(b"nobody's password", b"nobody's salt...")
            .map_err(|error| anyhow::anyhow!("cannot hash passwords: {error}"))?
            .to_string();
        Ok(Self {
            argon,
            cost,
            dummy: dummy.into(),
            entry: Arc::new(Semaphore::new(limits.at_once + limits.waiting)),
            running: Arc::new(Semaphore::new(limits.at_once)),
            patience: limits.patience,
        })
    }

    /// Hashes a password with this salt; answers a PHC string.
    ///
    /// # Errors
    ///
    /// [`PoolError`]
    pub async fn hash(&self, password: SecretString, salt: [u8; 16]) -> Result<String, PoolError> {
        let argon = self.argon.clone();
        self.run(move || {
            let hash = argon.hash_password_with_salt(password.expose_secret().as_bytes(), &salt);
            hash.map(|hash| hash.to_string())
                .map_err(|error| PoolError::Failed(error.to_string()))
        })
        .await
    }

    /// Compares a password with a stored hash. Without one the same work is done, and the answer is that it is wrong.
    ///
    /// # Errors
    ///
    /// [`PoolError`]
    pub async fn verify(&self, stored: Option<String>, password: SecretString) -> Result<Verdict, PoolError> {
        let (argon, cost, dummy) = (self.argon.clone(), self.cost, self.dummy.clone());
        self.run(move || {
            let phc = stored.as_deref().unwrap_or(&dummy);
            let hash = PasswordHash::new(phc).map_err(|error| PoolError::Failed(error.to_string()))?;
            match argon.verify_password(password.expose_secret().as_bytes(), &hash) {
                Ok(()) if stored.is_some() => Ok(Verdict::Right {
                    outdated: !cost.made(&hash),
                }),
                Ok(()) | Err(argon2::password_hash::Error::PasswordInvalid) => Ok(Verdict::Wrong),
                Err(error) => Err(PoolError::Failed(error.to_string())),
            }
        })
        .await
    }

    /// Waits for a turn and computes on a thread of its own. The permits go with the work: a caller who gives up frees no memory.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T, PoolError> + Send + 'static) -> Result<T, PoolError> {
        let entry = self.entry.clone().try_acquire_owned().map_err(|_| PoolError::Overloaded)?;
        let turn = tokio::time::timeout(self.patience, self.running.clone().acquire_owned()).await;
        let turn: OwnedSemaphorePermit = turn.map_err(|_| PoolError::Overloaded)?.expect("the semaphore is never closed");
        let computed = tokio::task::spawn_blocking(move || {
            let answer = work();
            drop((turn, entry));
            answer
        });
        computed.await.map_err(|error| PoolError::Failed(error.to_string()))?
    }
}

impl PasswordCost {
    fn made(&self, hash: &PasswordHash) -> bool {
        let today = Params::new(self.memory_kib, self.passes, self.lanes, None);
        let same_cost = |params: &Params| (params.m_cost(), params.t_cost(), params.p_cost()) == (self.memory_kib, self.passes, self.lanes);
        hash.algorithm == Algorithm::Argon2id.ident()
            && hash.version == Some(Version::V0x13.into())
            && today.is_ok()
            && Params::try_from(hash).is_ok_and(|params| same_cost(&params))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHEAP: PasswordCost = PasswordCost {
        memory_kib: 64,
        passes: 1,
        lanes: 1,
    };
    const LIMITS: PoolLimits = PoolLimits {
        at_once: 1,
        waiting: 2,
        patience: Duration::from_millis(50),
    };

    fn secret(text: &str) -> SecretString {
        SecretString::from(text.to_owned())
    }

    #[tokio::test]
    async fn a_password_is_right_or_wrong() {
        let pool = PasswordPool::new(CHEAP, LIMITS).unwrap();
        let hash = pool.hash(secret("correct horse"), [7; 16]).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=64,t=1,p=1$"), "{hash}");
        assert_eq!(
            pool.verify(Some(hash.clone()), secret("correct horse")).await.unwrap(),
            Verdict::Right { outdated: false }
        );
        assert_eq!(
            pool.verify(Some(hash.clone()), secret("correct horse ")).await.unwrap(),
            Verdict::Wrong
        );
        assert_eq!(pool.verify(None, secret("correct horse")).await.unwrap(), Verdict::Wrong);
        assert_eq!(pool.verify(None, secret("nobody's password")).await.unwrap(), Verdict::Wrong);
        assert!(matches!(
            pool.verify(Some("rubbish".to_owned()), secret("x")).await,
            Err(PoolError::Failed(_))
        ));

        let dearer = PasswordPool::new(PasswordCost { passes: 2, ..CHEAP }, LIMITS).unwrap();
        assert_eq!(
            dearer.verify(Some(hash), secret("correct horse")).await.unwrap(),
            Verdict::Right { outdated: true }
        );
    }

    #[tokio::test]
    async fn who_finds_no_room_or_waits_too_long_is_told_so() {
        let pool = PasswordPool::new(CHEAP, LIMITS).unwrap();
        let busy = pool.running.clone().acquire_owned().await.unwrap();
        assert!(
            matches!(pool.verify(None, secret("x")).await, Err(PoolError::Overloaded)),
            "waited too long"
        );

        let inside = pool.entry.clone().acquire_many_owned(3).await.unwrap();
        let told = tokio::time::timeout(LIMITS.patience / 2, pool.verify(None, secret("x"))).await;
        assert!(matches!(told, Ok(Err(PoolError::Overloaded))), "no room: told at once");

        drop((busy, inside));
        assert_eq!(pool.verify(None, secret("x")).await.unwrap(), Verdict::Wrong);
    }

    #[tokio::test]
    async fn all_permits_come_back() {
        let pool = PasswordPool::new(CHEAP, LIMITS).unwrap();
        for _ in 0..10 {
            pool.verify(None, secret("x")).await.unwrap();
        }
        assert_eq!((pool.entry.available_permits(), pool.running.available_permits()), (3, 1));
    }

    #[test]
    fn a_cost_out_of_range_is_refused() {
        assert!(PasswordPool::new(PasswordCost { memory_kib: 1, ..CHEAP }, LIMITS).is_err());
        assert!(PasswordPool::new(PasswordCost { passes: 0, ..CHEAP }, LIMITS).is_err());
        assert_eq!(PoolLimits::for_processors(1).at_once, 1);
        assert_eq!(PoolLimits::for_processors(64).at_once, 4);
    }
}
