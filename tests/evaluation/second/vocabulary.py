"""The words that the records use, and where people live."""

import numpy as np

TASKS = (
    "agentic_reasoning",
    "software_engineering",
    "long_horizon_planning",
    "tool_use",
    "mathematics",
    "computer_use",
    "vision",
    "data_analysis",
    "writing",
    "chat",
    "translation",
    "extraction",
    "classification",
    "other",
)

MODELS = ("atlas-large-3", "atlas-mid-3", "atlas-small-3", "atlas-large-4")
"""The last one is what is launched; whoever moves to it had used the first."""

SMALLEST = 2
LAUNCHED = 3

SURFACES = ("api", "console", "cumulus", "northlight")
"""The vendor's two, and two partner clouds, which nobody uses here but an attack of the third
population."""

API, CONSOLE, *PARTNERS = range(len(SURFACES))

LANGUAGES = ("en", "es", "de", "fr", "pt", "ja", "zh", "hi", "ko", "id", "ru", "ar")
ENGLISH = 0
CHINESE = 6
INDONESIAN = 9

COUNTRIES = np.array(
    ["US", "US", "US", "CA", "BR", "GB", "DE", "FR", "ES", "PL", "TR", "IN", "ID", "SG", "JP"]
)
"""Of fifteen regions, with the hours they are ahead of UTC and the index of their language."""

ZONES = np.array([-8, -6, -5, -5, -3, 0, 1, 1, 1, 2, 3, 5.5, 7, 8, 9])
REGION_LANGUAGES = np.array([0, 0, 0, 0, 4, 0, 2, 3, 1, 0, 0, 0, 9, 0, 5])

INDIA, TURKEY, POLAND, INDONESIA, BRAZIL = 11, 10, 9, 12, 4
"""Indexes of regions that some kinds are at home in."""
