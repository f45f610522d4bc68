"""Actions that regreen does not serve itself: found by reference, read, fetched, run.

``reference`` says what a step's ``uses`` names, ``metadata`` what the action's manifest says,
``store`` brings it here, and ``composite``, ``node`` and ``container`` run the three kinds.
"""
