"""Debian's Chromium, without what no test looks at.

Without a head it is a whole Chromium still: each window loads beforehand what may drop down from its address
bar, as pages in a process of their own. That takes longer than most of the pages that are tested.
"""

from typing import Final

PROGRAM: Final = "/usr/bin/chromium"
# Chromium heeds the last such list only, so Playwright's is said again; tests/rules sees that it is theirs.
PLAYWRIGHTS = (
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "DialMediaRouteProvider",
    "GlobalMediaControls",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "BlockOriginHeaderModificationOnRedirect",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "Translate",
    "AutoDeElevate",
    "OptimizationHints",
    "NetworkTimeServiceQuerying",
    "AimEnabled",
    "msForceBrowserSignIn",
    "msEdgeUpdateLaunchServicesPreferredVersion",
)
DROPS_DOWN = ("PreloadTopChromeWebUI", "WebUIOmniboxAimPopup", "WebUIOmniboxFullPopup", "WebUIOmniboxPopup")
BARE = ("--no-sandbox", "--disable-features=" + ",".join((*PLAYWRIGHTS, *DROPS_DOWN)))
