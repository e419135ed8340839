export {
  createDynamoDbService,
  type DynamoDbService,
  type DynamoDbServiceOptions,
} from './dynamodb-service.ts';
export { isEngineOperation, isOwnOperation } from './requests.ts';
