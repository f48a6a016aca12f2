"""Pictures of results: cv2 and core only."""
