"""The steps of the story; each verb is one transaction, its audit entry included."""
