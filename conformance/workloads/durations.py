"""How long callers, servers and programs wait, where more than one workload says so."""

BRIEF_S = 0.03
"""A timeout that programs let run out, long enough to tell early, on time and late apart."""

BRIEFEST_S = 0.01
"""A timeout that matters only if the pool denies what it owes."""

SILENCE_S = 0.1
"""How long the server withholds a reply: between the two timeouts of the socket timeout workloads."""

CROWD_S = 5.0
"""The timeout in a crowd, where the clock stands still until a program lets it pass."""

PATIENT_WITH_OUTAGES_S = 120.0
"""The timeout where the server is away: longer than a pool may sleep that tries to connect again from
time to time, so that who is not back by then has been forgotten."""
