"""Many logs at once: a folder of them, or the failed jobs of a pulled run.

``finding`` lists what there is to read, ``pulled`` knows the folders of pulled runs, ``workers``
reads in parallel, and ``run`` puts it together. ``outlet`` writes a report to a file.
"""
