#ifndef TESTS_SIM_SIGNED_H
#define TESTS_SIM_SIGNED_H

/* The keys of the run before. */
void signed_forget(void);

/* What the linker calls instead of libsodium's crypto_sign_detached and crypto_sign_verify_detached. */
int __wrap_crypto_sign_detached(unsigned char *sig, unsigned long long *siglen_p, const unsigned char *m,
                                unsigned long long mlen, const unsigned char *sk);
int __wrap_crypto_sign_verify_detached(const unsigned char *sig, const unsigned char *m, unsigned long long mlen,
                                       const unsigned char *pk);

#endif
